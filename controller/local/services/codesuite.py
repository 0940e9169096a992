"""CodeBuild and CodeCommit where moto lacks an operation or keeps only some of what it is given."""

from __future__ import annotations

import json
from typing import Any

from moto.codebuild.exceptions import ResourceAlreadyExistsException, ResourceNotFoundException
from moto.codebuild.responses import CodeBuildResponse
from moto.codecommit.exceptions import RepositoryNameExistsException
from moto.codecommit.responses import CodeCommitResponse
from moto.core.responses import ActionResult

NO_ANSWER = "{}"


def install() -> None:
    CodeBuildResponse.create_project = create_project
    CodeBuildResponse.update_project = update_project
    CodeCommitResponse.create_repository = create_repository
    CodeCommitResponse.update_repository_description = update_repository_description
    CodeCommitResponse.update_repository_name = rename_repository
    CodeCommitResponse.tag_resource = tag_repository
    CodeCommitResponse.untag_resource = untag_repository
    CodeCommitResponse.list_tags_for_resource = list_repository_tags


def create_project(response: Any) -> Any:
    """Keep all of the definition; moto's own wants a location also where the pipeline is the source."""
    asked, backend = json.loads(response.body), response.codebuild_backend
    name = asked["name"]
    if name in backend.codebuild_projects:
        raise ResourceAlreadyExistsException(f"Project already exists: {backend.codebuild_projects[name].arn}")
    project = backend.create_project(
        project_name=name,
        description=asked.get("description"),
        project_source=asked["source"],
        artifacts=asked["artifacts"],
        environment=asked["environment"],
        service_role=asked["serviceRole"],
        tags=asked.get("tags"),
        cache=asked.get("cache"),
        timeout=asked.get("timeoutInMinutes", 60),
        queued_timeout=asked.get("queuedTimeoutInMinutes", 480),
        source_version=asked.get("sourceVersion"),
        logs_config=asked.get("logsConfig"),
        vpc_config=asked.get("vpcConfig"),
    )
    project.update({key: value for key, value in asked.items() if key not in project})
    project["encryptionKey"] = asked.get("encryptionKey", project["encryptionKey"])
    return ActionResult({"project": project})


def update_project(response: Any) -> Any:
    asked = json.loads(response.body)
    project = response.codebuild_backend.codebuild_projects.get(asked["name"])
    if project is None:
        raise ResourceNotFoundException(f"Project cannot be found: {asked['name']}")
    project.project_metadata.update(asked)
    return ActionResult({"project": project.project_metadata})


def create_repository(response: Any) -> str:
    asked, backend = json.loads(response.body), response.codecommit_backend
    made = backend.create_repository(asked["repositoryName"], asked.get("repositoryDescription", ""))
    made["kmsKeyId"] = asked.get(
        "kmsKeyId", f"arn:aws:kms:{response.region}:{response.current_account}:alias/aws/codecommit"
    )
    _tags(response, made["Arn"]).update(asked.get("tags", {}))
    return json.dumps({"repositoryMetadata": made})


def update_repository_description(response: Any) -> str:
    asked = json.loads(response.body)
    repository = response.codecommit_backend.get_repository(asked["repositoryName"])
    repository["repositoryDescription"] = asked.get("repositoryDescription", "")
    return NO_ANSWER


def rename_repository(response: Any) -> str:
    """The id stays; the ARN and the addresses to clone from are of the new name (CodeCommit API reference)."""
    asked, backend = json.loads(response.body), response.codecommit_backend
    old, new = asked["oldName"], asked["newName"]
    repository = backend.get_repository(old)
    if new in backend.repositories:
        raise RepositoryNameExistsException(new)
    backend.repositories[new] = backend.repositories.pop(old)
    repository["repositoryName"] = new
    for name in ("Arn", "cloneUrlHttp", "cloneUrlSsh"):
        repository[name] = repository[name].removesuffix(old) + new
    return NO_ANSWER


def tag_repository(response: Any) -> str:
    asked = json.loads(response.body)
    _tags(response, asked["resourceArn"]).update(asked["tags"])
    return NO_ANSWER


def untag_repository(response: Any) -> str:
    asked = json.loads(response.body)
    for key in asked["tagKeys"]:
        _tags(response, asked["resourceArn"]).pop(key, None)
    return NO_ANSWER


def list_repository_tags(response: Any) -> str:
    return json.dumps({"tags": _tags(response, json.loads(response.body)["resourceArn"])})


def _tags(response: Any, arn: str) -> dict[str, str]:
    """The tags live with the repository, so that they end with it."""
    name = arn.rsplit(":", 1)[-1]
    response.codecommit_backend.get_repository(name)  # answers as AWS does where there is none
    tags: dict[str, str] = vars(response.codecommit_backend.repositories[name]).setdefault("tags", {})
    return tags
