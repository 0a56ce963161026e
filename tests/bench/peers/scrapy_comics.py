"""`scrapy runspider scrapy_comics.py`: fetches, checks and stores; its queue is in its memory."""

import json
import os

import scrapy

task = json.loads(os.environ["TASK"])


class ComicSpider(scrapy.Spider):
    name = "comics"
    # As "Broad Crawls" in its manual says.
    custom_settings = {
        "CONCURRENT_REQUESTS": task["concurrency"],
        "CONCURRENT_REQUESTS_PER_DOMAIN": task["concurrency"],
        "SCHEDULER_PRIORITY_QUEUE": "scrapy.pqueues.DownloaderAwarePriorityQueue",
        "COOKIES_ENABLED": False,
        "LOG_LEVEL": "WARNING",
        "REACTOR_THREADPOOL_MAXSIZE": 20,
        "ROBOTSTXT_OBEY": False,
        "TELNETCONSOLE_ENABLED": False,
    }

    def start_requests(self):
        for number in range(task["first"], task["first"] + task["count"]):
            url = f"{task['site']}/{number}/info.0.json"
            yield scrapy.Request(url, cb_kwargs={"number": number}, dont_filter=True)

    def parse(self, response, number):
        if response.json()["num"] != number:
            raise ValueError(f"asked for {number}")
        path = os.path.join(task["out"], f"{number}.json")
        with open(path + ".part", "wb") as file:
            file.write(response.body)
        os.replace(path + ".part", path)
