-- Folds a page of a queue's completed or failed jobs into the tallies of their runs, and trims what has
-- been folded. shared/runs/tally.ts says what that promises.
--
-- KEYS[1]  the queue's completed or failed set
-- KEYS[2]  the journal: what a call that was cut off had still to write
-- KEYS[3]  the totals of the queue
-- ARGV     'completed' or 'failed'; prefix of the queue's keys; prefix of the runs' keys; and, as JSON,
--          the limits and the table of outcomes (FoldArguments in tally.ts)
--
-- Redis undoes nothing of a script that is cut off by an error: a key whose slot moves to another node,
-- a command that is denied. So everything is read and checked before the first write, the writes carry
-- absolute values, so that they may be repeated, and the first of them puts all of them into the journal:
-- a call that finds a journal carries it out before it reads anything else.
--
-- Whatever lies in Redis may be anybody's. A record that makes no sense is left out or counted as what
-- is known of it; no value of it may raise an error or keep a loop going.

local call, floor, log, max, min = redis.call, math.floor, math.log, math.max, math.min
local set, journal, totalsKey, isFailedSet = KEYS[1], KEYS[2], KEYS[3], ARGV[1] == 'failed'
local queueBase, runBase = ARGV[2], ARGV[3]
local arguments = cjson.decode(ARGV[4])
-- Outcomes by the number under which a position's ending is stored, and that number by reason.
local outcomes, outcomeOf = arguments.outcomes, arguments.reasons
local logStep, pointsMax = log(arguments.step), arguments.points
-- Places in the record of an ending (EndingRecord in shared/queues/job.ts).
local REASON, STARTED, ELAPSED, FETCH, BYTES, ATTEMPT, STATUS = 1, 2, 3, 4, 5, 6, 7

-- A folded job that stays visible keeps its place with a negative score; BullMQ's scores are times.
local FOLDED_SHIFT = 100000000000
local DAY_MS = 86400000
-- Doubles are exact below the first; a sum of many figures below the second is too.
local EXACT_BELOW, FIGURE_BELOW = 2 ^ 53, 2 ^ 42
-- unpack() fails on a few thousand values.
local UNPACK_MAX = 1000

-- Numbers -------------------------------------------------------------------------------------------

local function whole(number) return string.format('%.0f', number) end

-- The number a text stands for; nil for no number, NaN, infinity and what cannot be counted with.
local function numberIn(text)
  local number = tonumber(text)
  if number and number > -EXACT_BELOW and number < EXACT_BELOW then return number end
end

local function countIn(text)
  local number = numberIn(text)
  return number and number >= 0 and number or nil
end

local function add(counts, field, amount) counts[field] = (counts[field] or 0) + amount end

-- Writes --------------------------------------------------------------------------------------------

local writes = {}

local function write(...) writes[#writes + 1] = { ... } end

-- Writes any number of values, of which `width` belong together, by as few commands as unpack() allows.
local function writeMany(head, values, width)
  local step = UNPACK_MAX - UNPACK_MAX % width
  for first = 1, #values, step do
    local command = { unpack(head) }
    for index = first, min(first + step - 1, #values) do command[#command + 1] = values[index] end
    writes[#writes + 1] = command
  end
end

local function carryOut(commands)
  for _, command in ipairs(commands) do
    local reply = redis.pcall(unpack(command))
    -- Someone has put another type there since the journal was written: the rest still counts.
    local refused = type(reply) == 'table' and reply.err
    if refused and not string.find(refused, 'WRONGTYPE', 1, true) then error(refused) end
  end
  call('DEL', journal)
end

local unfinished = call('GET', journal)
if unfinished then carryOut(cmsgpack.unpack(unfinished)) end

-- Runs ----------------------------------------------------------------------------------------------

local time = call('TIME')
local nowMs = time[1] * 1000 + floor(time[2] / 1000)

-- Looking at a key also finds out whether it is on this node.
local function isOfType(key, wanted)
  local found = call('TYPE', key).ok
  return found == wanted or found == 'none'
end

-- What is known of a run; false for one that is not counted: gone, over, or not to be made sense of.
local function readRun(number)
  local key = runBase .. number
  local keys = {
    tally = key .. ':tally',
    histogram = key .. ':histogram',
    buckets = key .. ':buckets',
    endings = key .. ':endings',
    failed = key .. ':failed',
    missing = key .. ':missing',
  }
  local isSound = isOfType(key, 'hash') and isOfType(keys.tally, 'hash') and isOfType(keys.histogram, 'hash')
    and isOfType(keys.buckets, 'hash') and isOfType(keys.endings, 'string') and isOfType(keys.failed, 'zset')
    and isOfType(keys.missing, 'zset')
  if not isSound then return false end
  local record = call('HMGET', key, 'createdAtMs', 'total', 'endedAtMs', 'state')
  local createdAtMs, total = countIn(record[1]), countIn(record[2])
  -- An abandoned run may be resumed: what is worked of it in between counts.
  local isOver = record[3] and record[4] ~= arguments.resumableState
  if not createdAtMs or not total or total > arguments.jobsMax or isOver then return false end
  local state = call('HMGET', keys.tally, 'bucketMs', 'originMs', 'firstStartMs', 'lastEndMs', 'fetchMaxMs',
    'bucketFirst', 'bucketLast')
  return {
    keys = keys, createdAtMs = createdAtMs, total = total, jobs = {},
    bucketMs = max(countIn(state[1]) or 1, 1), originMs = countIn(state[2]),
    firstStart = countIn(state[3]), lastEnd = countIn(state[4]), fetchMax = countIn(state[5]) or 0,
    bucketFirst = numberIn(state[6]), bucketLast = numberIn(state[7]),
    -- What this page adds.
    counts = {}, outcomes = {}, reasons = {}, statuses = {}, workers = {}, fetchSum = 0, histogram = {},
    marks = { s = {}, x = {}, e = {} }, endings = {}, unlisted = {}, listed = {}, free = {},
  }
end

local runs = {}
local function runOf(number)
  if runs[number] == nil then runs[number] = readRun(number) end
  return runs[number]
end

-- Jobs ----------------------------------------------------------------------------------------------

local function isPlausible(run, ms)
  return ms and ms >= run.createdAtMs - DAY_MS and ms <= nowMs + DAY_MS
end

-- The record that our worker left; nil where there is none, or not one to count with.
local function endingIn(run, stored)
  local isJson, ending = pcall(cjson.decode, stored or '')
  if not isJson or type(ending) ~= 'table' or #ending ~= STATUS or not outcomeOf[ending[REASON]] then return end
  for index = STARTED, STATUS do
    local figure = ending[index]
    if type(figure) ~= 'number' or not (figure >= 0 and figure < FIGURE_BELOW) then return end
  end
  local isStatus = ending[STATUS] < 1000 and ending[STATUS] % 1 == 0
  local isTimely = isPlausible(run, ending[STARTED]) and isPlausible(run, ending[STARTED] + ending[ELAPSED])
  if isStatus and isTimely then return ending end
end

-- Fields of a job; none where its key is something else.
local function fieldsOf(key, ...)
  local fields = redis.pcall('HMGET', key, ...)
  if not fields.err then return fields end
  if string.find(fields.err, 'WRONGTYPE', 1, true) then return {} end
  error(fields.err)
end

-- Of a job that failed beside our worker, or that carries nothing of ours: from BullMQ's own fields.
local function endingGuessed(run, key)
  local job = fieldsOf(key, arguments.endingField, 'failedReason', 'processedOn', 'finishedOn')
  local text = job[2] or ''
  local reason = string.match(text, '^([%a-]+):')
  if not (reason and outcomeOf[reason]) then
    reason = string.find(text, 'stalled', 1, true) and arguments.stalledReason or arguments.unknownReason
  end
  local started, ended = countIn(job[3]), countIn(job[4])
  if not isPlausible(run, ended) then ended = run.lastEnd or nowMs end
  if not isPlausible(run, started) or started > ended then started = ended end
  return endingIn(run, job[1]) or { reason, started, ended - started, 0, 0, 1, 0 }
end

-- Start and end of a job's first attempt, which did not end it; nil where there is no sense in them.
local function attemptIn(run, stored, nextStart)
  local isJson, attempt = pcall(cjson.decode, stored)
  if not isJson or type(attempt) ~= 'table' then return end
  local started, elapsed = attempt[1], attempt[2]
  if type(started) ~= 'number' or type(elapsed) ~= 'number' or not isPlausible(run, started) then return end
  if started < nextStart and elapsed >= 0 then return { started, min(started + elapsed, nextStart) } end
end

-- Reads a job of the page; it is counted with the others of its run.
local function readJob(id)
  local number, digits = string.match(id, '^r([1-9]%d*)%.([1-9]%d*)$')
  if not number or #number > 12 or #digits > 12 then return end
  local run, position = runOf(number), tonumber(digits)
  if not run or position > run.total then return end
  local key = queueBase .. id
  local job = fieldsOf(key, isFailedSet and arguments.endingField or 'returnvalue', 'pb', 'stc', arguments.firstField,
    'timestamp')
  local ending = endingIn(run, job[1]) or endingGuessed(run, key)
  run.jobs[#run.jobs + 1] = {
    key = key, position = position, ending = ending, first = job[4] and attemptIn(run, job[4], ending[STARTED]),
    added = countIn(job[5]), worker = job[2] and string.sub(job[2], 1, arguments.textMax), stalled = (countIn(job[3]) or 0) > 0,
  }
end

-- Counting ------------------------------------------------------------------------------------------

-- The stored counts of a run's buckets, which are narrow yet: read only when they have to be widened.
local function readBuckets(run)
  local stored, buckets = call('HGETALL', run.keys.buckets), { s = {}, x = {}, e = {} }
  for index = 1, #stored, 2 do
    local sort, bucket = string.match(stored[index], '^([sxe])(-?%d+)$')
    if sort and numberIn(bucket) then add(buckets[sort], tonumber(bucket), countIn(stored[index + 1]) or 0) end
  end
  return buckets
end

local function halved(buckets)
  local wide = { s = {}, x = {}, e = {} }
  for sort, counts in pairs(buckets) do
    for bucket, amount in pairs(counts) do add(wide[sort], floor(bucket / 2), amount) end
  end
  return wide
end

local function widen(run)
  run.stored = halved(run.stored or readBuckets(run))
  run.marks = halved(run.marks)
  run.bucketMs = run.bucketMs * 2
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

-- Not add: the marks are looked up after bucketAt, which may have replaced them by wider ones.
local function mark(run, sort, bucket) add(run.marks[sort], bucket, 1) end

-- What this page adds to the counters of the queue.
local totals = {}

local function bucketOf(ms) return floor(log(max(ms, 0.1) * 10) / logStep) end

local function addTime(name, ms)
  add(totals, name .. ':' .. bucketOf(ms), 1)
  add(totals, name .. 'Ms', ms)
end

local function countFirst(run, job, outcome)
  local ending = job.ending
  local started, ended, fetchMs = ending[STARTED], ending[STARTED] + ending[ELAPSED], ending[FETCH]
  local begun = job.first and job.first[1] or started
  run.originMs = run.originMs or begun
  run.firstStart, run.lastEnd = min(run.firstStart or begun, begun), max(run.lastEnd or ended, ended)
  if job.first then
    mark(run, 's', bucketAt(run, begun))
    mark(run, 'x', bucketAt(run, job.first[2]))
  end
  mark(run, 's', bucketAt(run, started))
  local last = bucketAt(run, ended)
  mark(run, 'x', last)
  if outcome.worked then mark(run, 'e', last) end
  if isPlausible(run, job.added) then addTime('wait', max(begun - job.added, 0)) end
  add(run.counts, 'ended', 1)
  add(run.counts, 'bytes', ending[BYTES])
  add(totals, 'bytes', ending[BYTES])
  if ending[ATTEMPT] > 1 then add(run.counts, 'extraAttempts', ending[ATTEMPT] - 1) end
  if ending[STATUS] > 0 then add(run.statuses, ending[STATUS], 1) end
  if fetchMs > 0 then
    add(run.counts, 'fetches', 1)
    run.fetchSum, run.fetchMax = run.fetchSum + fetchMs, max(run.fetchMax, fetchMs)
    add(run.histogram, bucketOf(fetchMs), 1)
    addTime('fetch', fetchMs)
  end
end

-- Takes back a failure that was tried again and answered.
local function uncount(run, position, before)
  add(run.outcomes, before.name, -1)
  if before.unlisted then add(run.reasons, before.unlisted, -1) end
  for _, line in ipairs(call('ZRANGEBYSCORE', run.keys.failed, position, position)) do
    local isJson, told = pcall(cjson.decode, line)
    if isJson and type(told) == 'table' and outcomeOf[told[2]] then add(run.reasons, told[2], -1) end
  end
  run.unlisted[#run.unlisted + 1] = position
end

-- Puts a job with its data on the list of its outcome, as long as there is space on it.
local function list(run, job, outcome)
  local name, most = outcome.list, outcome.listMax
  if most then
    run.free[name] = (run.free[name] or most - call('ZCARD', run.keys[name])) - 1
    if run.free[name] < 0 then return end
  end
  local told = fieldsOf(job.key, 'data', 'failedReason')
  local data, detail = told[1] or '', string.sub(told[2] or '', 1, arguments.textMax)
  if #data > arguments.dataMax then data = '' end
  local listed = run.listed[name] or {}
  listed[#listed + 1] = job.position
  listed[#listed + 1] = cjson.encode({ job.position, job.ending[REASON], data, detail })
  run.listed[name] = listed
end

local function count(run, job, number)
  local reason, before = job.ending[REASON], outcomes[number]
  local outcome = outcomes[outcomeOf[reason]]
  -- Counted already; only an answer replaces a failure.
  if number ~= 0 and not (before and not before.answer and outcome.answer) then return end
  if before then uncount(run, job.position, before) else countFirst(run, job, outcome) end
  add(run.outcomes, outcome.name, 1)
  add(run.reasons, reason, 1)
  -- Of a failure that was answered later both count: counters do not go back.
  add(totals, 'outcome:' .. outcome.name, 1)
  if job.worker then add(run.workers, job.worker, 1) end
  if job.stalled then
    add(run.counts, 'stalls', 1)
    add(totals, 'stalls', 1)
  end
  -- A job that was given up with its run is not listed: those that never began are not either.
  if outcome.list then list(run, job, outcome) end
  local places = run.endings
  local at = #places
  places[at + 1], places[at + 2], places[at + 3], places[at + 4] = 'SET', 'u4', '#' .. job.position - 1, outcomeOf[reason]
end

local function countJobs(run)
  if #run.jobs == 0 then return end
  local places = {}
  for index, job in ipairs(run.jobs) do
    places[index * 3 - 2], places[index * 3 - 1], places[index * 3] = 'GET', 'u4', '#' .. job.position - 1
  end
  local before = call('BITFIELD', run.keys.endings, unpack(places))
  for index, job in ipairs(run.jobs) do count(run, job, before[index]) end
end

-- Collects the fields of a hash that counts raise, with their new values.
local function raise(values, key, counts, prefix)
  local fields, amounts = {}, {}
  for name, amount in pairs(counts) do
    fields[#fields + 1] = (prefix or '') .. name
    amounts[#fields] = amount
  end
  if #fields == 0 then return end
  local stored = call('HMGET', key, unpack(fields))
  for index, field in ipairs(fields) do
    values[#values + 1] = field
    values[#values + 1] = whole(max((countIn(stored[index]) or 0) + amounts[index], 0))
  end
end

local function writeBuckets(run)
  local key, values = run.keys.buckets, {}
  if run.stored then
    write('DEL', key)
    for sort, counts in pairs(run.stored) do
      for bucket, amount in pairs(run.marks[sort]) do add(counts, bucket, amount) end
      for bucket, amount in pairs(counts) do
        values[#values + 1] = sort .. whole(bucket)
        values[#values + 1] = whole(amount)
      end
    end
  else
    for sort, counts in pairs(run.marks) do raise(values, key, counts, sort) end
  end
  writeMany({ 'HSET', key }, values, 2)
end

local function writeRun(run)
  if #run.endings == 0 then return end
  local keys = run.keys
  local tally, histogram = {}, {}
  raise(tally, keys.tally, run.counts)
  raise(tally, keys.tally, run.outcomes, 'outcome:')
  raise(tally, keys.tally, run.reasons, 'reason:')
  raise(tally, keys.tally, run.statuses, 'status:')
  raise(tally, keys.tally, run.workers, 'worker:')
  raise(histogram, keys.histogram, run.histogram)
  local fetchSum = (countIn(call('HGET', keys.tally, 'fetchSumMs')) or 0) + run.fetchSum
  write('HSET', keys.tally, 'bucketMs', whole(run.bucketMs), 'originMs', whole(run.originMs),
    'firstStartMs', whole(run.firstStart), 'lastEndMs', whole(run.lastEnd), 'bucketFirst', whole(run.bucketFirst),
    'bucketLast', whole(run.bucketLast), 'fetchMaxMs', string.format('%.1f', run.fetchMax),
    'fetchSumMs', string.format('%.1f', fetchSum))
  writeMany({ 'HSET', keys.tally }, tally, 2)
  writeMany({ 'HSET', keys.histogram }, histogram, 2)
  writeBuckets(run)
  write('BITFIELD', keys.endings, unpack(run.endings))
  for _, position in ipairs(run.unlisted) do write('ZREMRANGEBYSCORE', keys.failed, position, position) end
  for name, listed in pairs(run.listed) do writeMany({ 'ZADD', keys[name] }, listed, 2) end
end

-- The page ------------------------------------------------------------------------------------------

local visible, gone = {}, {}

-- Whether a job was given up with its run: it has failed for BullMQ, and for nobody else.
local function isGivenUp(id)
  local isJson, ending = pcall(cjson.decode, fieldsOf(queueBase .. id, arguments.endingField)[1] or '')
  local outcome = isJson and type(ending) == 'table' and outcomes[outcomeOf[ending[REASON]]]
  return outcome and outcome.unlisted
end

-- Of the folded jobs the newest stay visible on the board.
local function trim(id, score, left)
  if left >= arguments.shown or (isFailedSet and isGivenUp(id)) then
    gone[#gone + 1] = id
  else
    visible[#visible + 1] = string.format('%.3f', min(score / 1000 - FOLDED_SHIFT, -1))
    visible[#visible + 1] = id
  end
end

-- Looks at the keys before it collects their removal: those of a moving slot must be found out now.
local function writeRemoval(keys)
  for first = 1, #keys, UNPACK_MAX do
    local some = { unpack(keys, first, min(first + UNPACK_MAX - 1, #keys)) }
    if call('EXISTS', unpack(some)) > 0 then write('DEL', unpack(some)) end
  end
end

if not isOfType(set, 'zset') then return 0 end
local ids = call('ZRANGEBYSCORE', set, 0, '+inf', 'WITHSCORES', 'LIMIT', 0, arguments.page)
local left = call('ZCOUNT', set, 0, '+inf')
for index = 1, #ids, 2 do
  readJob(ids[index])
  left = left - 1
  trim(ids[index], tonumber(ids[index + 1]), left)
end
for _, run in pairs(runs) do
  if run then
    countJobs(run)
    writeRun(run)
  end
end
if isOfType(totalsKey, 'hash') then
  local values = {}
  raise(values, totalsKey, totals)
  writeMany({ 'HSET', totalsKey }, values, 2)
end

local surplus = call('ZCOUNT', set, '-inf', '(0') + #visible / 2 + left - arguments.shown
if surplus > 0 then
  local oldest = call('ZRANGEBYSCORE', set, '-inf', '(0', 'LIMIT', 0, min(surplus, 2 * arguments.page))
  for _, id in ipairs(oldest) do gone[#gone + 1] = id end
end
local jobKeys, logKeys = {}, {}
for index, id in ipairs(gone) do
  jobKeys[index] = queueBase .. id
  logKeys[index] = jobKeys[index] .. ':logs'
end
writeMany({ 'ZADD', set }, visible, 2)
writeMany({ 'ZREM', set }, gone, 1)
writeRemoval(jobKeys)
writeRemoval(logKeys)

if #writes > 0 then
  call('SET', journal, cmsgpack.pack(writes))
  carryOut(writes)
end
return #ids / 2
