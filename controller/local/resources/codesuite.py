"""Pipelines, build projects and repositories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.local.resources.api import Api
from controller.local.resources.handler import Made, Scope
from controller.local.resources.naming import name_of
from controller.local.resources.shapes import pairs, reflect
from controller.local.resources.tagging import Tagging, live_tags, wanted_tags

PIPELINE_TAGS = Tagging(
    "tag_resource", "untag_resource", "list_tags_for_resource", "resourceArn", "tags", "tagKeys", "tags", "key", "value"
)
REPOSITORY_TAGS = Tagging(
    "tag_resource", "untag_resource", "list_tags_for_resource", "resourceArn", "tags", "tagKeys", "tags", key=""
)


class Pipeline:
    type = "AWS::CodePipeline::Pipeline"

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        api, name = Api(scope, "codepipeline"), name_of(scope, properties, "Name", 100)
        tags = PIPELINE_TAGS.form(wanted_tags(scope, properties))
        api.make(name, "create_pipeline", pipeline=self._definition(name, properties), tags=tags)
        return self._made(api, name)

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        api = Api(scope, "codepipeline")
        found = api.find("get_pipeline", name=physical_id)
        if found is None:
            return None
        hidden = {"Tags", "ArtifactStores", "RestartExecutionOnUpdate", "DisableInboundStageTransitions"}
        answer = reflect({k: v for k, v in properties.items() if k not in hidden}, found["pipeline"])
        if "Tags" in properties:
            answer["Tags"] = live_tags(scope, properties, PIPELINE_TAGS.live(api, api.arn(physical_id)))
        return {**answer}

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        api = Api(scope, "codepipeline")
        old, new = self._definition(physical_id, before), self._definition(physical_id, after)
        if old != new:
            api.call("update_pipeline", pipeline=new)
        PIPELINE_TAGS.replace(api, api.arn(physical_id), wanted_tags(scope, before), wanted_tags(scope, after))
        return self._made(api, physical_id)

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        api = Api(scope, "codepipeline")
        if api.find("get_pipeline", name=physical_id) is not None:
            api.drop("delete_pipeline", name=physical_id)

    def _definition(self, name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        """The declaration; artifact stores are a list in templates and a map by region in the interface."""
        kept = {key: value for key, value in properties.items() if key not in ("Name", "Tags", "ArtifactStores")}
        stores = {item["Region"]: item["ArtifactStore"] for item in properties.get("ArtifactStores", ())}
        return {"name": name, **kept, **({"artifactStores": stores} if stores else {})}

    def _made(self, api: Api, name: str) -> Made:
        return Made(name, {"Version": str(api.call("get_pipeline", name=name)["pipeline"]["version"])})


class Project:
    type = "AWS::CodeBuild::Project"

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        api, name = Api(scope, "codebuild"), name_of(scope, properties, "Name", 150)
        api.make(name, "create_project", self._definition(scope, name, properties))
        return Made(name, {"Arn": api.arn(f"project/{name}")})

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        found = Api(scope, "codebuild").call("batch_get_projects", names=[physical_id])["projects"]
        if not found:
            return None
        answer = reflect({k: v for k, v in properties.items() if k not in ("Tags", "Triggers")}, found[0])
        if "Tags" in properties:
            live = {tag["key"]: tag["value"] for tag in found[0].get("tags", ())}
            answer["Tags"] = live_tags(scope, properties, live)
        return {**answer}

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        api = Api(scope, "codebuild")
        api.call("update_project", self._definition(scope, physical_id, after))
        return Made(physical_id, {"Arn": api.arn(f"project/{physical_id}")})

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        Api(scope, "codebuild").drop("delete_project", name=physical_id)

    def _definition(self, scope: Scope, name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        tags = [{"key": key, "value": value} for key, value in wanted_tags(scope, properties).items()]
        return {
            **{key: value for key, value in properties.items() if key not in ("Name", "Tags")},
            "name": name,
            "tags": tags,
        }


class Repository:
    """Ref answers the repository's id, so the name for later calls comes from the properties."""

    type = "AWS::CodeCommit::Repository"

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        api, name = Api(scope, "codecommit"), str(properties["RepositoryName"])
        tags = wanted_tags(scope, properties)
        api.make(name, "create_repository", properties, tags=tags)
        return self._made(api, name)

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        api, name = Api(scope, "codecommit"), str(properties["RepositoryName"])
        found = api.find("get_repository", repositoryName=name)
        if found is None:
            return None
        live = found["repositoryMetadata"]
        answer = reflect({k: v for k, v in properties.items() if k not in ("Tags", "Code", "Triggers")}, live)
        if "Tags" in properties:
            answer["Tags"] = live_tags(scope, properties, pairs(REPOSITORY_TAGS.live(api, live["Arn"])))
        return {**answer}

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        api, name = Api(scope, "codecommit"), str(after["RepositoryName"])
        if name != before["RepositoryName"]:
            api.call("update_repository_name", oldName=before["RepositoryName"], newName=name)
        text = after.get("RepositoryDescription", "")
        api.call("update_repository_description", repositoryName=name, repositoryDescription=text)
        REPOSITORY_TAGS.replace(api, api.arn(name), wanted_tags(scope, before), wanted_tags(scope, after))
        return self._made(api, name)

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        Api(scope, "codecommit").drop("delete_repository", repositoryName=properties["RepositoryName"])

    def _made(self, api: Api, name: str) -> Made:
        found = api.call("get_repository", repositoryName=name)["repositoryMetadata"]
        names = {
            "Arn": found["Arn"],
            "Name": name,
            "CloneUrlHttp": found["cloneUrlHttp"],
            "CloneUrlSsh": found["cloneUrlSsh"],
        }
        return Made(found["repositoryId"], names)


HANDLERS = (Project(), Repository(), Pipeline())
