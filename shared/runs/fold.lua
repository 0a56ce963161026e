-- Folds a page of a queue's completed or failed jobs into the tallies of their runs.
-- shared/runs/tally.ts says what it promises and passes the arguments.
--
-- KEYS[1]  the queue's completed or failed set
-- ARGV     'completed' or 'failed'; prefix of the queue's keys; prefix of the runs' keys; and, as JSON,
--          the limits and the table of outcomes (see FoldArguments in tally.ts)

local set, failed = KEYS[1], ARGV[1] == 'failed'
local call, floor, log, max, min = redis.call, math.floor, math.log, math.max, math.min
local queueBase, runBase = ARGV[2], ARGV[3]
local arguments = cjson.decode(ARGV[4])
local limit, shown, pointsMax = arguments.page, arguments.shown, arguments.points
local logStep, detailMax = log(arguments.step), arguments.detail
-- Outcomes by the number under which a position's ending is stored, and that number by reason.
local outcomes, outcomeOf = arguments.outcomes, arguments.reasons
local FOLDED_BELOW = 100000000000

local function whole(number) return string.format('%.0f', number) end

local function endingIn(stored)
  local ok, ending = pcall(cjson.decode, stored or '')
  if ok and type(ending) == 'table' and outcomeOf[ending[1]] and #ending == 7 then return ending end
end

-- Of a job that failed beside our worker, or that carries nothing of ours.
local function endingGuessed(key)
  local job = call('HMGET', key, arguments.endingField, 'failedReason', 'processedOn', 'finishedOn')
  local text = job[2] or ''
  local reason = string.match(text, '^([%a-]+):')
  if not (reason and outcomeOf[reason]) then
    reason = string.find(text, 'stalled', 1, true) and arguments.stalledReason or arguments.unknownReason
  end
  local started, ended = tonumber(job[3] or job[4] or 0), tonumber(job[4] or 0)
  return endingIn(job[1]) or { reason, started, max(ended - started, 0), 0, 0, 1, 0 }
end

local runs = {}
local function runOf(number)
  local run = runs[number]
  if run then return run end
  local key = runBase .. number
  local record = call('HMGET', key, 'createdAtMs', 'endedAtMs', 'total')
  run = { key = key, known = record[1] and not record[2], total = tonumber(record[3] or 0), counts = {}, outcomes = {}, reasons = {}, statuses = {}, workers = {}, histogram = {}, jobs = {}, places = {}, buckets = { s = {}, x = {}, e = {} } }
  if run.known then
    local state = call('HMGET', key .. ':tally', 'bucketMs', 'originMs', 'firstStartMs', 'lastEndMs', 'fetchMaxMs', 'bucketFirst', 'bucketLast')
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
  local merged = { s = {}, x = {}, e = {} }
  local stored = call('HGETALL', run.key .. ':buckets')
  for index = 1, #stored, 2 do
    local sort, bucket = string.match(stored[index], '^(%a)(-?%d+)$')
    add(merged[sort], floor(tonumber(bucket) / 2), tonumber(stored[index + 1]))
  end
  call('DEL', run.key .. ':buckets')
  for sort, buckets in pairs(run.buckets) do
    for bucket, amount in pairs(buckets) do add(merged[sort], floor(bucket / 2), amount) end
  end
  run.buckets = merged
  run.bucketFirst, run.bucketLast = floor(run.bucketFirst / 2), floor(run.bucketLast / 2)
end

local function bucketAt(run, atMs)
  local bucket = floor((atMs - run.originMs) / run.bucketMs)
  run.bucketFirst, run.bucketLast = min(run.bucketFirst or bucket, bucket), max(run.bucketLast or bucket, bucket)
  while run.bucketLast - run.bucketFirst >= pointsMax do
    widen(run)
    bucket = floor((atMs - run.originMs) / run.bucketMs)
  end
  return bucket
end

-- Not add: the buckets are looked up after bucketAt, which may have replaced them by wider ones.
local function mark(run, sort, bucket) add(run.buckets[sort], bucket, 1) end

local function foldFirst(run, ending, outcome)
  local started, ended = ending[2], ending[2] + ending[3]
  run.originMs = run.originMs or started
  run.firstStart, run.lastEnd = min(run.firstStart or started, started), max(run.lastEnd or ended, ended)
  mark(run, 's', bucketAt(run, started))
  local last = bucketAt(run, ended)
  mark(run, 'x', last)
  if outcome.worked then mark(run, 'e', last) end
  add(run.counts, 'ended', 1)
  add(run.counts, 'bytes', ending[5])
  if ending[6] > 1 then add(run.counts, 'extraAttempts', ending[6] - 1) end
  if ending[7] > 0 then add(run.statuses, ending[7], 1) end
  if ending[4] > 0 then
    add(run.counts, 'fetches', 1)
    run.fetchSum, run.fetchMax = run.fetchSum + ending[4], max(run.fetchMax, ending[4])
    add(run.histogram, floor(log(max(ending[4], 0.1) * 10) / logStep), 1)
  end
end

-- Reads a job of the page; it is counted with the others of its run.
local function read(id)
  local number, position = string.match(id, '^r(%d+)%.(%d+)$')
  local run = number and runOf(number)
  if not run or not run.known then return end
  position = tonumber(position)
  if position > run.total then return end
  local key = queueBase .. id
  local job = call('HMGET', key, failed and arguments.endingField or 'returnvalue', 'pb', 'stc')
  local ending = endingIn(job[1]) or endingGuessed(key)
  local jobs, places = run.jobs, run.places
  jobs[#jobs + 1] = { key = key, position = position, ending = ending, worker = job[2], stalls = job[3] }
  local at = #places
  places[at + 1], places[at + 2], places[at + 3], places[at + 4] = 'SET', 'u4', '#' .. position - 1, outcomeOf[ending[1]]
end

local function recount(run, position, before)
  add(run.outcomes, before.name, -1)
  if before.unlisted then add(run.reasons, before.unlisted, -1) end
  for _, line in ipairs(call('ZRANGEBYSCORE', run.key .. ':failed', position, position)) do
    add(run.reasons, cjson.decode(line)[2], -1)
  end
  call('ZREMRANGEBYSCORE', run.key .. ':failed', position, position)
end

local function tellFailure(run, job)
  local told = call('HMGET', job.key, 'data', 'failedReason')
  local line = { job.position, job.ending[1], told[1] or '', string.sub(told[2] or '', 1, detailMax) }
  call('ZADD', run.key .. ':failed', job.position, cjson.encode(line))
end

local function fold(run, job, index)
  local reason = job.ending[1]
  local outcome, before = outcomes[outcomeOf[reason]], outcomes[index]
  if index ~= 0 and (before.answer or not outcome.answer) then
    call('BITFIELD', run.key .. ':endings', 'SET', 'u4', '#' .. job.position - 1, index)
    return
  end
  if before then recount(run, job.position, before) else foldFirst(run, job.ending, outcome) end
  add(run.outcomes, outcome.name, 1)
  add(run.reasons, reason, 1)
  if job.worker then add(run.workers, job.worker, 1) end
  if tonumber(job.stalls or 0) > 0 then add(run.counts, 'stalls', 1) end
  -- A job that was given up with its run is not listed: those that never began are not either.
  if not outcome.answer and not outcome.unlisted then tellFailure(run, job) end
end

-- One call marks all jobs of a run as counted, and tells which were so before.
local function foldJobs(run)
  if #run.jobs == 0 then return end
  local before = call('BITFIELD', run.key .. ':endings', unpack(run.places))
  for index, job in ipairs(run.jobs) do fold(run, job, before[index]) end
end

-- What has been folded stays visible, or goes: in one call for many, as a call costs more than a job.
local visible, gone, goneKeys = {}, {}, {}

local function show(id, score)
  visible[#visible + 1] = string.format('%.3f', tonumber(score) / 1000)
  visible[#visible + 1] = id
end

local function remove(id)
  gone[#gone + 1] = id
  goneKeys[#goneKeys + 1] = queueBase .. id
  goneKeys[#goneKeys + 1] = queueBase .. id .. ':logs'
end

local ids = call('ZRANGEBYSCORE', set, FOLDED_BELOW, '+inf', 'WITHSCORES', 'LIMIT', 0, limit)
local waiting = call('ZCOUNT', set, FOLDED_BELOW, '+inf')
for index = 1, #ids, 2 do
  read(ids[index])
  waiting = waiting - 1
  if waiting >= shown then
    remove(ids[index])
  else
    show(ids[index], ids[index + 1])
  end
end
for _, run in pairs(runs) do foldJobs(run) end
if #visible > 0 then call('ZADD', set, unpack(visible)) end
local surplus = call('ZCOUNT', set, '-inf', '(' .. whole(FOLDED_BELOW)) + waiting - shown
if surplus > 0 then
  local oldest = call('ZRANGEBYSCORE', set, '-inf', '(' .. whole(FOLDED_BELOW), 'LIMIT', 0, min(surplus, 2 * limit))
  for _, id in ipairs(oldest) do remove(id) end
end
if #gone > 0 then
  call('ZREM', set, unpack(gone))
  call('DEL', unpack(goneKeys))
end

local function increase(key, counts, prefix)
  for field, amount in pairs(counts) do call('HINCRBY', key, (prefix or '') .. field, whole(amount)) end
end
for _, run in pairs(runs) do
  if run.known and next(run.outcomes) then
    local tally = run.key .. ':tally'
    increase(tally, run.counts)
    increase(tally, run.outcomes, 'outcome:')
    increase(tally, run.reasons, 'reason:')
    increase(tally, run.statuses, 'status:')
    increase(tally, run.workers, 'worker:')
    increase(run.key .. ':histogram', run.histogram)
    for sort, buckets in pairs(run.buckets) do increase(run.key .. ':buckets', buckets, sort) end
    call('HINCRBYFLOAT', tally, 'fetchSumMs', string.format('%.1f', run.fetchSum))
    if run.originMs then
      call('HSET', tally, 'bucketMs', whole(run.bucketMs), 'originMs', whole(run.originMs), 'firstStartMs', whole(run.firstStart),
        'lastEndMs', whole(run.lastEnd), 'fetchMaxMs', string.format('%.1f', run.fetchMax), 'bucketFirst', whole(run.bucketFirst), 'bucketLast', whole(run.bucketLast))
    end
  end
end
return #ids / 2
