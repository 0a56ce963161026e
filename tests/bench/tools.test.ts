import { describe, expect, it } from 'vitest';
import { missingPeers, missingQueues, type Tools } from './tools.js';

const TOOL = { path: '/usr/bin/true', versionArgs: [] };
const NPM_PEER = { ...TOOL, folder: '/tmp' };

const ALL: Tools = {
  redis: TOOL,
  nginx: TOOL,
  curl: TOOL,
  aria2: TOOL,
  aiohttp: TOOL,
  celery: TOOL,
  scrapy: TOOL,
  rq: TOOL,
  crawlee: NPM_PEER,
  beeQueue: NPM_PEER,
};

describe('missingPeers() and missingQueues()', () => {
  it('name what is not here, each in the table of its own', () => {
    const tools = { ...ALL, curl: undefined, scrapy: undefined, crawlee: undefined };

    expect(missingPeers(tools)).toMatchObject([{ what: 'curl --parallel' }]);
    expect(missingQueues(tools)).toMatchObject([{ what: 'Scrapy' }, { what: 'Crawlee' }]);
  });

  it('name nothing where all is here', () => {
    expect([...missingPeers(ALL), ...missingQueues(ALL)]).toEqual([]);
  });
});
