"""`celery -A celery_comics worker` fetches, checks and stores; `python3 celery_comics.py` queues."""

import json
import os

import requests
from celery import Celery

task = json.loads(os.environ["TASK"])
app = Celery("celery_comics", broker=os.environ["BROKER_URL"])
# As "Optimizing" in its manual says for many short tasks without results.
app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=50)
session = requests.Session()
session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=task["concurrency"]))


@app.task
def store_comic(number):
    response = session.get(f"{task['site']}/{number}/info.0.json", timeout=30)
    response.raise_for_status()
    if response.json()["num"] != number:
        raise ValueError(f"asked for {number}")
    path = os.path.join(task["out"], f"{number}.json")
    with open(path + ".part", "wb") as file:
        file.write(response.content)
    os.replace(path + ".part", path)


if __name__ == "__main__":
    for number in range(task["first"], task["first"] + task["count"]):
        store_comic.delay(number)
