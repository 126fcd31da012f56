import os
import pathlib

from application import check
from celery import Celery

check(os.environ)
celery = Celery("tasks", broker=os.environ["CELERY_BROKER_URL"])


@celery.task
def generate_report_async(report_id, payload):
    pathlib.Path("reports", f"{report_id}.{payload['type']}").write_text("a report\n")
