import os

from application import check
from celery import Celery

check(os.environ)
celery = Celery("tasks", broker=os.environ["CELERY_BROKER_URL"])
