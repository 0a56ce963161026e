"""`scrapy runspider scrapy_comics.py`: fetches, checks and stores; its queue is in its memory."""

import json
import os

import scrapy

task = json.loads(os.environ["TASK"])


class ComicSpider(scrapy.Spider):
    name = "comics"
    # What "Broad Crawls" in its manual says, save what helps with many hosts only.
    custom_settings = {
        "CONCURRENT_REQUESTS": task["concurrency"],
        "CONCURRENT_REQUESTS_PER_DOMAIN": task["concurrency"],
        "COOKIES_ENABLED": False,
        "LOG_LEVEL": "WARNING",
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
