/**
 * The script behind {@link foldFinished} (see `fold.ts` for what it promises).
 *
 * KEYS[1] a lane's completed or failed set. ARGV: which of the two; prefix of the lane's keys; prefix
 * of the runs' keys; jobs a page; jobs left visible; points of a series; step of the histogram;
 * outcome → index, as JSON; reason → outcome, as JSON; longest detail of a failure.
 */

import { ENDING_FIELD } from '../queues/ending.js';
import { script } from '../redis/script.js';

export const FOLD = script(`
local set, failed = KEYS[1], ARGV[1] == 'failed'
local queueBase, runBase = ARGV[2], ARGV[3]
local limit, shown, pointsMax, logStep = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), math.log(ARGV[7])
local outcomeIndex, outcomeOf, detailMax = cjson.decode(ARGV[8]), cjson.decode(ARGV[9]), tonumber(ARGV[10])
local WORKED = { stored = true, missing = true, slept = true }
local FOLDED_BELOW = 100000000000

local function whole(number) return string.format('%.0f', number) end

local outcomeNamed = {}
for name, index in pairs(outcomeIndex) do outcomeNamed[index] = name end

local function endingOf(job)
  local stored = job[1] or job[2]
  local ok, ending = false, nil
  if stored then ok, ending = pcall(cjson.decode, stored) end
  if ok and type(ending) == 'table' and outcomeOf[ending[1]] and #ending == 7 then return ending end
  local text = job[3] or ''
  local reason = string.match(text, '^([%a-]+):')
  if not (reason and outcomeOf[reason]) then
    reason = string.find(text, 'stalled', 1, true) and 'killed-workers' or 'defect'
  end
  local started, ended = tonumber(job[4] or job[5] or 0), tonumber(job[5] or 0)
  return { reason, started, math.max(ended - started, 0), 0, 0, 1, 0 }
end

local runs = {}
local function runOf(number)
  local run = runs[number]
  if run then return run end
  local key = runBase .. number
  local record = redis.call('HMGET', key, 'createdAtMs', 'endedAtMs', 'total')
  run = { key = key, known = record[1] and not record[2], total = tonumber(record[3] or 0), counts = {}, histogram = {}, buckets = {}, workers = {} }
  if run.known then
    local state = redis.call('HMGET', key .. ':tally', 'bucketMs', 'originMs', 'firstStartMs', 'lastEndMs', 'fetchMaxMs', 'bucketFirst', 'bucketLast')
    run.bucketMs, run.originMs = tonumber(state[1] or 1), tonumber(state[2] or nil)
    run.firstStart, run.lastEnd, run.fetchMax = tonumber(state[3] or nil), tonumber(state[4] or nil), tonumber(state[5] or 0)
    run.bucketFirst, run.bucketLast = tonumber(state[6] or nil), tonumber(state[7] or nil)
    run.fetchSum = 0
  end
  runs[number] = run
  return run
end

local function add(counts, field, amount) counts[field] = (counts[field] or 0) + amount end

local function widen(run)
  run.bucketMs = run.bucketMs * 2
  local merged = {}
  local stored = redis.call('HGETALL', run.key .. ':buckets')
  for index = 1, #stored, 2 do
    local sort, bucket = string.match(stored[index], '^(%a)(-?%d+)$')
    add(merged, sort .. whole(math.floor(tonumber(bucket) / 2)), tonumber(stored[index + 1]))
  end
  redis.call('DEL', run.key .. ':buckets')
  for field, amount in pairs(run.buckets) do
    local sort, bucket = string.match(field, '^(%a)(-?%d+)$')
    add(merged, sort .. whole(math.floor(tonumber(bucket) / 2)), amount)
  end
  run.buckets = merged
  run.bucketFirst, run.bucketLast = math.floor(run.bucketFirst / 2), math.floor(run.bucketLast / 2)
end

local function mark(run, sort, atMs)
  local bucket = math.floor((atMs - run.originMs) / run.bucketMs)
  run.bucketFirst, run.bucketLast = math.min(run.bucketFirst or bucket, bucket), math.max(run.bucketLast or bucket, bucket)
  while run.bucketLast - run.bucketFirst >= pointsMax do
    widen(run)
    bucket = math.floor((atMs - run.originMs) / run.bucketMs)
  end
  add(run.buckets, sort .. whole(bucket), 1)
end

local function foldFirst(run, ending, outcome)
  local started, ended = ending[2], ending[2] + ending[3]
  run.originMs = run.originMs or started
  run.firstStart, run.lastEnd = math.min(run.firstStart or started, started), math.max(run.lastEnd or ended, ended)
  mark(run, 's', started)
  mark(run, 'x', ended)
  if WORKED[outcome] then mark(run, 'e', ended) end
  add(run.counts, 'ended', 1)
  add(run.counts, 'bytes', ending[5])
  if ending[6] > 1 then add(run.counts, 'extraAttempts', ending[6] - 1) end
  if ending[7] > 0 then add(run.counts, 'status:' .. whole(ending[7]), 1) end
  if ending[4] > 0 then
    add(run.counts, 'fetches', 1)
    run.fetchSum, run.fetchMax = run.fetchSum + ending[4], math.max(run.fetchMax, ending[4])
    add(run.histogram, whole(math.floor(math.log(math.max(ending[4], 0.1) * 10) / logStep)), 1)
  end
end

local function fold(id)
  local number, position = string.match(id, '^r(%d+)%.(%d+)$')
  if not number then return end
  local run = runOf(number)
  if not run.known or tonumber(position) > run.total then return end
  local job = redis.call('HMGET', queueBase .. id, failed and 'ending' or 'returnvalue', '${ENDING_FIELD}', 'failedReason', 'processedOn', 'finishedOn', 'data', 'pb', 'stc')
  local ending = endingOf(job)
  local outcome = outcomeOf[ending[1]]
  local place = '#' .. whole(tonumber(position) - 1)
  local before = redis.call('BITFIELD', run.key .. ':endings', 'GET', 'u4', place)[1]
  local isFailure = outcomeIndex[outcome] > 4
  if before ~= 0 and (before <= 4 or isFailure) then return end
  redis.call('BITFIELD', run.key .. ':endings', 'SET', 'u4', place, outcomeIndex[outcome])
  if before == 0 then
    foldFirst(run, ending, outcome)
  else
    add(run.counts, 'outcome:' .. outcomeNamed[before], -1)
    for _, line in ipairs(redis.call('ZRANGEBYSCORE', run.key .. ':failed', position, position)) do
      add(run.counts, 'reason:' .. cjson.decode(line)[2], -1)
    end
    redis.call('ZREMRANGEBYSCORE', run.key .. ':failed', position, position)
  end
  add(run.counts, 'outcome:' .. outcome, 1)
  add(run.counts, 'reason:' .. ending[1], 1)
  if job[7] then add(run.counts, 'worker:' .. job[7], 1) end
  if tonumber(job[8] or 0) > 0 then add(run.counts, 'stalls', 1) end
  if isFailure then
    local line = { tonumber(position), ending[1], job[6] or '', string.sub(job[3] or '', 1, detailMax) }
    redis.call('ZADD', run.key .. ':failed', position, cjson.encode(line))
  end
end

local function remove(id)
  redis.call('ZREM', set, id)
  redis.call('DEL', queueBase .. id, queueBase .. id .. ':logs')
end

local ids = redis.call('ZRANGEBYSCORE', set, FOLDED_BELOW, '+inf', 'WITHSCORES', 'LIMIT', 0, limit)
local waiting = redis.call('ZCOUNT', set, FOLDED_BELOW, '+inf')
for index = 1, #ids, 2 do
  fold(ids[index])
  waiting = waiting - 1
  if waiting >= shown then
    remove(ids[index])
  else
    redis.call('ZADD', set, string.format('%.3f', tonumber(ids[index + 1]) / 1000), ids[index])
  end
end
local surplus = redis.call('ZCOUNT', set, '-inf', '(' .. whole(FOLDED_BELOW)) + waiting - shown
if surplus > 0 then
  local oldest = redis.call('ZRANGEBYSCORE', set, '-inf', '(' .. whole(FOLDED_BELOW), 'LIMIT', 0, math.min(surplus, 2 * limit))
  for _, id in ipairs(oldest) do remove(id) end
end

local function increase(key, counts)
  for field, amount in pairs(counts) do redis.call('HINCRBY', key, field, whole(amount)) end
end
for _, run in pairs(runs) do
  if run.known and next(run.counts) then
    local tally = run.key .. ':tally'
    increase(tally, run.counts)
    increase(run.key .. ':histogram', run.histogram)
    increase(run.key .. ':buckets', run.buckets)
    redis.call('HINCRBYFLOAT', tally, 'fetchSumMs', string.format('%.1f', run.fetchSum))
    if run.originMs then
      redis.call('HSET', tally, 'bucketMs', whole(run.bucketMs), 'originMs', whole(run.originMs), 'firstStartMs', whole(run.firstStart),
        'lastEndMs', whole(run.lastEnd), 'fetchMaxMs', string.format('%.1f', run.fetchMax), 'bucketFirst', whole(run.bucketFirst), 'bucketLast', whole(run.bucketLast))
    end
  end
end
return #ids / 2
`);
