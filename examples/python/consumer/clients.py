"""Limits of every client."""

from botocore.config import Config

LIMITS = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 2, "mode": "standard"})
"""boto3's own are a minute for each try: a service that hangs would take all the time of the function.

With both tries and the pause between them a call takes about three seconds.
"""
