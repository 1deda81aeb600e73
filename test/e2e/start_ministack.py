"""Starts MiniStack with eleven of its differences from AWS corrected and its schedules sped up (see docs/proof.md).

It runs only as long as standard input stays open, so nothing is left when the program that started it is killed.

Usage: start_ministack.py <resource types to deploy as placeholders, comma-separated> <arguments of hypercorn>...
"""

import gzip
import json
import os
import signal
import sys
import threading
import time
import uuid

from hypercorn.__main__ import main
from ministack.core import iam_actions, lambda_runtime
from ministack.services import cloudwatch_logs, eventbridge, firehose, secretsmanager, sns
from ministack.services.cloudformation import provisioners
from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS as handlers


def refer_to_secrets_by_arn():
    """Ref of a secret is its ARN in AWS and its name in MiniStack, with which no IAM statement matches."""
    handler = handlers["AWS::SecretsManager::Secret"]
    create, update, delete = handler["create"], handler["update"], handler["delete"]

    def by_arn(result):
        _name, attributes = result
        return attributes["Arn"], attributes

    def name_of(arn):
        return next((name for name, secret in secretsmanager._secrets.items() if secret["ARN"] == arn), arn)

    handler["create"] = lambda *args: by_arn(create(*args))
    handler["update"] = lambda arn, *args: by_arn(update(name_of(arn), *args))
    handler["delete"] = lambda arn, *args: delete(name_of(arn), *args)


def import_secrets():
    """CloudFormation imports a secret by its ARN. MiniStack imports many types, and no secrets."""

    def by_arn(identifier):
        arn = identifier["Id"]
        if not any(secret["ARN"] == arn for secret in secretsmanager._secrets.values()):
            raise ValueError(f"There is no secret {arn}.")
        return arn, {"Arn": arn, "Id": arn}

    handlers["AWS::SecretsManager::Secret"]["import"] = by_arn


def limit_concurrency():
    """An account has 1,000 executions at the same time, of which 100 cannot be reserved. MiniStack lets reserve any number."""
    handler = handlers["AWS::Lambda::Function"]
    create = handler["create"]

    def create_within_limit(logical_id, properties, *args):
        if int(properties.get("ReservedConcurrentExecutions", 0)) > 900:
            raise ValueError("ReservedConcurrentExecutions leaves too few unreserved: the account must keep 100.")
        return create(logical_id, properties, *args)

    handler["create"] = create_within_limit


def keep_alarms_on_expressions():
    """MiniStack refuses an alarm on metric math. Here it is deployed and never goes off, as all alarms on metrics in a log."""
    record = provisioners._cw_metric_alarm_record

    def keep(name, properties):
        if not properties.get("Metrics"):
            return record(name, properties)
        rest = {key: value for key, value in properties.items() if key != "Metrics"}
        return record(name, {**rest, "MetricName": "expression", "Namespace": "expression"})

    provisioners._cw_metric_alarm_record = keep


def deploy_as_placeholder(resource_type):
    """MiniStack refuses a whole template for one resource type that it does not know."""
    if resource_type in handlers:
        raise SystemExit(f"MiniStack knows {resource_type} by now: take it off the list of placeholders.")
    handlers[resource_type] = {
        "create": lambda *_: (str(uuid.uuid4()), {}),
        "update": lambda placeholder, *_: (placeholder, {}),
        "delete": lambda *_: None,
    }


def query_log_groups():
    """AWS checks a query and its results for log groups, and MiniStack for everything. Here it is the query's first group."""
    extract = iam_actions.extract_resource_arn

    def by_log_group(service, method, path, headers, body, query_params, region, account):
        target = headers.get("x-amz-target", "") if service == "logs" else ""
        data = json.loads(body) if target.endswith((".StartQuery", ".GetQueryResults")) else {}
        groups = cloudwatch_logs._queries.get(data.get("queryId"), data).get("logGroupNames")
        if groups:
            return f"arn:aws:logs:{region}:{account}:log-group:{groups[0]}:*"
        return extract(service, method, path, headers, body, query_params, region, account)

    iam_actions.extract_resource_arn = by_log_group


def allow_batches():
    """AWS knows no permission to publish a batch: whoever may publish may publish a batch."""
    extract = iam_actions.extract_iam_action

    def of_aws(*args):
        action = extract(*args)
        return "sns:Publish" if action == "sns:PublishBatch" else action

    iam_actions.extract_iam_action = of_aws


def finish_before_update():
    """An update of a function lets running invocations end in AWS. MiniStack kills them, and the sender gets a 502."""
    kill = lambda_runtime.kill_workers

    def kill_idle(workers):
        deadline = time.monotonic() + 20
        while any(worker.in_use for worker in workers) and time.monotonic() < deadline:
            time.sleep(0.01)
        kill(workers)

    def kill_later(workers):
        # `Worker.kill` kills a worker that reached its timeout, at once.
        if sys._getframe(1).f_code.co_name != "invalidate_worker":
            return kill(workers)
        # In a thread, because a running invocation may wait for this server.
        threading.Thread(target=kill_idle, args=(workers,), daemon=True).start()

    lambda_runtime.kill_workers = kill_later


def wait_for_log_lines():
    """MiniStack looks for more log lines for 5 ms. Later ones wait for the next invocation, which may never come."""
    longer = {"first_line_wait": 0.25, "idle_confirm": 0.1, "hard_cap": 1.0}
    drain = lambda_runtime.Worker._drain_stderr_bounded
    lambda_runtime.Worker._drain_stderr_bounded = lambda worker, **waits: drain(worker, **{**longer, **waits})


def hurry_schedules():
    """A minute of a schedule lasts a second, so that a run does not wait five minutes for a schedule."""
    rate = eventbridge._parse_rate_seconds
    eventbridge._parse_rate_seconds = lambda expression: rate(expression) and rate(expression) / 60
    eventbridge._SCHEDULER_TICK_INTERVAL = 1


def compress_deliveries():
    """Firehose compresses an object whose stream says GZIP. MiniStack only remembers it; the names of such objects end in .gz."""
    put = firehose._put_s3_object

    def put_compressed(bucket, key, body):
        put(bucket, key, gzip.compress(body) if key.endswith(".gz") else body)

    firehose._put_s3_object = put_compressed


def publish_large_messages():
    """A topic takes up to its `MaximumMessageSize`, here 1 MiB. MiniStack knows only the default."""
    sns._SNS_MAX_PAYLOAD_BYTES = 1_048_576


def stop_with_standard_input():
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


refer_to_secrets_by_arn()
import_secrets()
limit_concurrency()
keep_alarms_on_expressions()
query_log_groups()
allow_batches()
finish_before_update()
wait_for_log_lines()
hurry_schedules()
compress_deliveries()
publish_large_messages()
for placeholder in filter(None, sys.argv[1].split(",")):
    deploy_as_placeholder(placeholder)
threading.Thread(target=stop_with_standard_input, daemon=True).start()
sys.exit(main(sys.argv[2:]))
