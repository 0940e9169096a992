"""A web site of a silo as small as it can be: a distribution over a bucket and an HTTP API, and who signs in to it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

from controller.local import clients
from controller.local.web import Site

ACCOUNT, REGION, STACK = "200000000001", "eu-west-1", "site"
BUCKET, ADMIN = "acme-sales-site", "admin@acme.example"
SCOPE = "aws.cognito.signin.user.admin"
NO_CACHE, ALL_BUT_HOST = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "b689b0a8-53d0-40ab-baf2-68738e2966ac"
FORMAT = (
    "$context.httpMethod $context.path $context.status $context.authorizer.claims.username $context.authorizer.error"
)
CODE = """
import base64, time

def handle(event, context):
    path = event["rawPath"]
    if path.endswith("/slow"):
        time.sleep(3)
    if path.endswith("/fail"):
        raise ValueError("as it was told")
    if path.endswith("/odd"):
        return {"statusCode": "many"}
    if path.endswith("/plain"):
        return {"said": "plainly"}
    if path.endswith("/bytes"):
        body = base64.b64encode(bytes(range(4))).decode()
        return {"statusCode": 200, "body": body, "isBase64Encoded": True, "cookies": ["a=1; Secure", "b=2"],
                "headers": {"Content-Type": "image/png", "X-Count": 3}}
    if path.endswith("/absent"):
        return {"statusCode": 404, "body": "nothing here"}
    import json
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(event)}
"""


def statement(principal: str, action: str, resource: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"Service": principal}, "Action": action, "Resource": resource, **more}


def template() -> dict[str, Any]:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    own = {"StringEquals": {"AWS:SourceArn": {"Fn::Sub": DISTRIBUTION}}}
    read = statement("cloudfront.amazonaws.com", "s3:GetObject", {"Fn::Sub": "${Bucket.Arn}/*"}, Condition=own)
    plain = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": {"Fn::Sub": "${Bucket.Arn}/*"},
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    resources: dict[str, Any] = {
        "Bucket": ("AWS::S3::Bucket", {"BucketName": BUCKET}),
        "Policy": (
            "AWS::S3::BucketPolicy",
            {
                "Bucket": {"Ref": "Bucket"},
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [read, plain]},
            },
        ),
        "Control": (
            "AWS::CloudFront::OriginAccessControl",
            {
                "OriginAccessControlConfig": {
                    "Name": "site",
                    "OriginAccessControlOriginType": "s3",
                    "SigningBehavior": "always",
                    "SigningProtocol": "sigv4",
                }
            },
        ),
        "Headers": ("AWS::CloudFront::ResponseHeadersPolicy", {"ResponseHeadersPolicyConfig": headers()}),
        "Distribution": ("AWS::CloudFront::Distribution", {"DistributionConfig": distribution()}),
        "Role": ("AWS::IAM::Role", {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]}}),
        "Function": (
            "AWS::Lambda::Function",
            {
                "FunctionName": "backend",
                "Role": {"Fn::GetAtt": "Role.Arn"},
                "Runtime": "python3.13",
                "Handler": "index.handle",
                "Code": {"ZipFile": CODE},
                "Timeout": 10,
            },
        ),
        "MayCall": (
            "AWS::Lambda::Permission",
            {
                "FunctionName": {"Ref": "Function"},
                "Action": "lambda:InvokeFunction",
                "Principal": "apigateway.amazonaws.com",
                "SourceArn": {"Fn::Sub": "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*"},
            },
        ),
        "Log": ("AWS::Logs::LogGroup", {"LogGroupName": "of-the-api", "RetentionInDays": 30}),
        "Api": ("AWS::ApiGatewayV2::Api", {"Name": "site", "ProtocolType": "HTTP"}),
        "Stage": (
            "AWS::ApiGatewayV2::Stage",
            {
                "ApiId": {"Ref": "Api"},
                "StageName": "$default",
                "AutoDeploy": True,
                "AccessLogSettings": {"DestinationArn": {"Fn::GetAtt": "Log.Arn"}, "Format": FORMAT},
            },
        ),
        "Integration": (
            "AWS::ApiGatewayV2::Integration",
            {
                "ApiId": {"Ref": "Api"},
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": {"Fn::GetAtt": "Function.Arn"},
                "PayloadFormatVersion": "2.0",
                "TimeoutInMillis": 1500,
            },
        ),
        "Pool": (
            "AWS::Cognito::UserPool",
            {
                "MfaConfiguration": "ON",
                "EnabledMfas": ["SOFTWARE_TOKEN_MFA"],
                "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True},
                "Policies": {"PasswordPolicy": {"MinimumLength": 14}},
                "UserPoolTags": {"a": "b"},
            },
        ),
        "Client": (
            "AWS::Cognito::UserPoolClient",
            {
                "UserPoolId": {"Ref": "Pool"},
                "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
                "PreventUserExistenceErrors": "ENABLED",
                "AccessTokenValidity": 60,
                "RefreshTokenValidity": 12,
                "TokenValidityUnits": {"AccessToken": "minutes", "RefreshToken": "hours"},
            },
        ),
        "Admin": (
            "AWS::Cognito::UserPoolUser",
            {
                "UserPoolId": {"Ref": "Pool"},
                "Username": ADMIN,
                "DesiredDeliveryMediums": ["EMAIL"],
                "UserAttributes": [{"Name": "email", "Value": ADMIN}],
            },
        ),
        "Authorizer": (
            "AWS::ApiGatewayV2::Authorizer",
            {
                "ApiId": {"Ref": "Api"},
                "Name": "admins",
                "AuthorizerType": "JWT",
                "IdentitySource": ["$request.header.Authorization"],
                "JwtConfiguration": {"Issuer": {"Fn::GetAtt": "Pool.ProviderURL"}, "Audience": [{"Ref": "Client"}]},
            },
        ),
    }
    made = {name: {"Type": kind, "Properties": properties} for name, (kind, properties) in resources.items()}
    return {"Resources": made | routes()}


DISTRIBUTION = "arn:aws:cloudfront::${AWS::AccountId}:distribution/${Distribution}"


def routes() -> dict[str, Any]:
    target = {"Fn::Sub": "integrations/${Integration}"}
    open_to_all = ["GET /api/open", "POST /api/open", "GET /api/things/{name}", "ANY /api/all/{rest+}"]
    open_to_all += ["ANY /api/both", "GET /api/both"]
    admins = {"AuthorizationType": "JWT", "AuthorizerId": {"Ref": "Authorizer"}, "AuthorizationScopes": [SCOPE]}
    keys = [(key, {}) for key in open_to_all] + [("GET /api/admin", admins), ("GET /api/things/special", admins)]
    return {
        f"Route{number}": {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {"ApiId": {"Ref": "Api"}, "RouteKey": key, "Target": target, **more},
        }
        for number, (key, more) in enumerate(keys)
    }


def headers() -> dict[str, Any]:
    policy = "default-src 'none'; connect-src 'self' https://s3.eu-west-1.amazonaws.com"
    return {
        "Name": "site",
        "SecurityHeadersConfig": {
            "ContentSecurityPolicy": {"ContentSecurityPolicy": policy, "Override": True},
            "ContentTypeOptions": {"Override": True},
            "ReferrerPolicy": {"ReferrerPolicy": "no-referrer", "Override": True},
            "StrictTransportSecurity": {"AccessControlMaxAgeSec": 63072000, "Override": True},
            "FrameOptions": {"FrameOption": "DENY", "Override": True},
        },
        "CustomHeadersConfig": {"Items": [{"Header": "Cache-Control", "Value": "no-store", "Override": False}]},
    }


def distribution() -> dict[str, Any]:
    to_api = {
        "Id": "api",
        "DomainName": {"Fn::Sub": "${Api}.execute-api.${AWS::Region}.amazonaws.com"},
        "CustomOriginConfig": {"OriginProtocolPolicy": "https-only", "OriginSSLProtocols": ["TLSv1.2"]},
        "OriginCustomHeaders": [{"HeaderName": "X-From", "HeaderValue": "the-edge"}],
    }
    to_bucket = {
        "Id": "bucket",
        "DomainName": {"Fn::GetAtt": "Bucket.RegionalDomainName"},
        "S3OriginConfig": {"OriginAccessIdentity": ""},
        "OriginAccessControlId": {"Ref": "Control"},
    }
    common = {"ViewerProtocolPolicy": "redirect-to-https", "ResponseHeadersPolicyId": {"Ref": "Headers"}}
    methods = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
    return {
        "Enabled": True,
        "DefaultRootObject": "index.html",
        "Origins": [to_bucket, to_api],
        "DefaultCacheBehavior": {**common, "TargetOriginId": "bucket", "CachePolicyId": NO_CACHE},
        "CacheBehaviors": [
            {
                **common,
                "PathPattern": "/api/*",
                "TargetOriginId": "api",
                "AllowedMethods": methods,
                "CachePolicyId": NO_CACHE,
                "OriginRequestPolicyId": ALL_BUT_HOST,
            }
        ],
    }


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Deployed:
    site: Site
    physical: dict[str, str]  # logical id -> physical id

    def ask(self, path: str, method: str = "GET", body: bytes = b"", at: str = "", **headers: str) -> Answer:
        host = (at or self.site.address).removeprefix("http://")
        connection = HTTPConnection(host, timeout=20)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body or None, named)
        answer = connection.getresponse()
        said = Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        connection.close()
        return said


def deploy(text: dict[str, Any] | None = None) -> dict[str, str]:
    """Make the stack, or bring it to another template; physical ids by logical ones."""
    cloudformation = clients.client("cloudformation", ACCOUNT, REGION)
    asked = {"StackName": STACK, "TemplateBody": json.dumps(text or template()), "Capabilities": ["CAPABILITY_IAM"]}
    there = any(one["StackName"] == STACK for one in cloudformation.describe_stacks()["Stacks"])
    (cloudformation.update_stack if there else cloudformation.create_stack)(**asked)
    waiter = cloudformation.get_waiter("stack_update_complete" if there else "stack_create_complete")
    waiter.wait(StackName=STACK, WaiterConfig={"Delay": 0.05, "MaxAttempts": 400})
    found = cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
    return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in found}
