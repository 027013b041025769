-- gray-release inside nginx: decides every request, follows the route without a reload, takes new routes on the admin side.
-- The route lives in a file; the shared dictionary carries its generation, who is alive and what is open.
local bit, ffi, cjson, balancer = require "bit", require "ffi", require "cjson.safe", require "ngx.balancer"
local band, bxor, rol, rshift, tobit = bit.band, bit.bxor, bit.rol, bit.rshift, bit.tobit

ffi.cdef [[
int open(const char *path, int flags, ...);
int close(int fd);
int flock(int fd, int operation);
int fsync(int fd);
int rename(const char *from, const char *to);
int kill(int pid, int signal);
long write(int fd, const void *text, size_t length);
char *strerror(int number);
]]
local C = ffi.C
local WRITE_NEW, READ_WRITE = 577, 66 -- O_WRONLY|O_CREAT|O_TRUNC, O_RDWR|O_CREAT
local LOCK_NOW = 6 -- LOCK_EX|LOCK_NB

local M = {}
local conf, dict, instance, held, heldGen

-- xxh32, seed 0 -------------------------------------------------------------------------------------------------------

local P1, P2, P3, P4, P5 = 2654435761, 2246822519, 3266489917, 668265263, 374761393

-- modulo 2^32; no product here leaves the 53 bits of a double
local function mul(a, b)
  local low, high = band(a, 0xffff), rshift(a, 16)
  return tobit(low * b + (high * b % 65536) * 65536)
end

local function word(text, at)
  local a, b, c, d = text:byte(at, at + 3)
  return tobit(a + b * 256 + c * 65536 + d * 16777216)
end

local function round(sum, input)
  return mul(rol(tobit(sum + mul(input, P2)), 13), P1)
end

local function xxh32(text)
  local length, at, hash = #text, 1, nil
  if length >= 16 then
    local a, b, c, d = tobit(P1 + P2), tobit(P2), 0, tobit(-P1)
    while at <= length - 15 do
      a, b = round(a, word(text, at)), round(b, word(text, at + 4))
      c, d = round(c, word(text, at + 8)), round(d, word(text, at + 12))
      at = at + 16
    end
    hash = tobit(rol(a, 1) + rol(b, 7) + rol(c, 12) + rol(d, 18))
  else
    hash = tobit(P5)
  end
  hash = tobit(hash + length)
  while at <= length - 3 do
    hash = mul(rol(tobit(hash + mul(word(text, at), P3)), 17), P4)
    at = at + 4
  end
  while at <= length do
    hash = mul(rol(tobit(hash + mul(text:byte(at), P5)), 11), P1)
    at = at + 1
  end
  hash = mul(bxor(hash, rshift(hash, 15)), P2)
  hash = mul(bxor(hash, rshift(hash, 13)), P3)
  return bxor(hash, rshift(hash, 16)) % 4294967296
end

-- The route -----------------------------------------------------------------------------------------------------------

local function setOf(list)
  local set = {}
  for _, user in ipairs(list) do set[user] = true end
  return set
end

-- Each header with the set of its values; nil where there are no segments
local function segmentsOf(told)
  if type(told) ~= "table" or #told == 0 then return nil end
  local segments = {}
  for n, segment in ipairs(told) do segments[n] = { header = segment.header, values = setOf(segment.values) } end
  return segments
end

-- nil where the text is no route
local function routeOf(kept)
  local told = type(kept) == "table" and type(kept.text) == "string" and cjson.decode(kept.text)
  if type(told) ~= "table" or type(told.fence) ~= "number" or type(told.servers) ~= "table" then return nil end
  local split = told.split
  if type(split) ~= "table" or type(split.shareBp) ~= "number" then return nil end
  local pools = { a = {}, b = {} }
  for _, server in ipairs(conf.servers) do
    local pool = pools[told.servers[server.id]]
    if pool then pool[#pool + 1] = server end
  end
  return {
    text = kept.text, canonical = kept.canonical, fence = told.fence, period = told.period, stable = told.stable,
    places = told.servers, pools = pools, salt = split.salt, rest = split.rest,
    shareBp = told.period == "normal" and 0 or split.shareBp,
    gray = setOf(split.alwaysGray), always = setOf(split.alwaysStable), segments = segmentsOf(split.segments),
  }
end

local function atRest()
  local ids, places, pairs = {}, {}, {}
  for n, server in ipairs(conf.servers) do ids[n] = server.id; places[server.id] = server.spare and "out" or "a" end
  table.sort(ids)
  for n, id in ipairs(ids) do pairs[n] = cjson.encode({ id, places[id] }) end
  return {
    text = '{"fence":0,"release":"","period":"normal","stable":"a","split":{"shareBp":0,"salt":"","alwaysGray":[],'
      .. '"alwaysStable":[],"rest":"stable"},"servers":' .. cjson.encode(places) .. "}",
    canonical = '[[0,"","normal","a"],[0,"",[],[],"stable"],[' .. table.concat(pairs, ",") .. "]]",
  }
end

-- nil and why where there is a file that is no route: a router must not guess
local function load()
  local file, why, number = io.open(conf.state, "r")
  if not file then
    if number == 2 then return routeOf(atRest()) end
    return nil, why
  end
  local text = file:read("*a")
  file:close()
  local route = routeOf(cjson.decode(text))
  return route, not route and conf.state .. " holds no route" or nil
end

-- One table is one route, so no request sees half a change.
local function current()
  local gen = dict:get("gen") or 0
  if gen ~= heldGen then
    local route, why = load()
    if route then held, heldGen = route, gen else ngx.log(ngx.ERR, "gray: the old route stays: ", why) end
  end
  return held
end

-- Deciding ------------------------------------------------------------------------------------------------------------

local function userOf()
  local user = conf.header and ngx.var[conf.header]
  if (not user or user == "") and conf.cookie then user = ngx.var[conf.cookie] end
  return user ~= "" and user or nil
end

-- A header that came several times is a table, and in no segment.
local function inSegment(segments)
  local headers = ngx.req.get_headers(0)
  for _, segment in ipairs(segments) do
    local value = headers[segment.header]
    if type(value) == "string" and segment.values[value] then return true end
  end
  return false
end

local function armOf(route, user)
  if user and route.always[user] then return route.rest end
  if user and route.gray[user] then return "gray" end
  if route.segments and inSegment(route.segments) then return "gray" end
  if not user then return route.rest end
  return xxh32(route.salt .. ":" .. user) % 10000 < route.shareBp and "gray" or "stable"
end

local other = { a = "b", b = "a" }

local function serving(pool, tried)
  local found, total = {}, 0
  for _, server in ipairs(pool) do
    if not tried[server.id] and dict:get("up:" .. server.id) ~= 0 then
      found[#found + 1] = server
      total = total + server.weight
    end
  end
  return found, total
end

local function drawn(servers, total)
  local left = math.random() * total
  for _, server in ipairs(servers) do
    left = left - server.weight
    if left < 0 then return server end
  end
  return servers[#servers]
end

local function openKey(id) return "open:" .. ngx.worker.pid() .. ":" .. id end

local function leave(ctx)
  if ctx.server then dict:incr(openKey(ctx.server.id), -1, 0) end
  ctx.server = nil
end

local function choose(ctx)
  local wanted = ctx.arm == "stable" and ctx.route.stable or other[ctx.route.stable]
  for _, pool in ipairs({ wanted, other[wanted] }) do
    local found, total = serving(ctx.route.pools[pool], ctx.tried)
    if #found > 0 then
      ctx.pool, ctx.server = pool, drawn(found, total)
      dict:incr(openKey(ctx.server.id), 1, 0)
      return true
    end
  end
  return false
end

-- access_by_lua: one decision, counted from here on, so that a drain misses no request
function M.decide()
  local ctx, route = ngx.ctx, current()
  if not route then return ngx.exit(503) end
  ctx.route, ctx.tried, ctx.arm = route, {}, armOf(route, userOf())
  if not choose(ctx) then return ngx.exit(503) end
  ngx.req.set_header("X-Gray-Arm", ctx.arm)
  ngx.req.set_header("X-Gray-Pool", ctx.pool)
end

-- balancer_by_lua: once, and again after a failure that nginx may repeat
function M.balance()
  local ctx = ngx.ctx
  if balancer.get_last_failure() then
    ctx.tried[ctx.server.id] = true
    leave(ctx)
    if not choose(ctx) then return ngx.exit(502) end
  else
    balancer.set_more_tries(#conf.servers - 1)
  end
  local ok, why = balancer.set_current_peer(ctx.server.host, ctx.server.port)
  if not ok then ngx.log(ngx.ERR, "gray: ", why); return ngx.exit(502) end
end

-- log_by_lua
function M.done()
  local ctx = ngx.ctx
  if ctx.pool and not ctx.probe then dict:incr("answered:" .. ctx.pool, 1, 0) end
  leave(ctx)
end

-- header_filter_by_lua of the probe entrance
function M.tell()
  local ctx, header = ngx.ctx, ngx.header
  ctx.probe = true
  if not ctx.pool then return end
  header["x-gray-arm"], header["x-gray-pool"] = ctx.arm, ctx.pool
  header["x-gray-fence"], header["x-gray-period"] = tostring(ctx.route.fence), ctx.route.period
  if ctx.server then header["x-gray-server"] = ctx.server.id end
end

-- Who is alive --------------------------------------------------------------------------------------------------------

local function alive(server)
  local socket = ngx.socket.tcp()
  socket:settimeout(1000)
  if not socket:connect(server.host, server.port) then return 0 end
  socket:send("GET " .. conf.check .. " HTTP/1.0\r\nHost: " .. server.host .. "\r\nConnection: close\r\n\r\n")
  local line = socket:receive("*l")
  socket:close()
  return line and line:find("^HTTP/%d%.%d [23]") and 1 or 0
end

local function checkAll()
  local threads = {}
  for n, server in ipairs(conf.servers) do
    threads[n] = ngx.thread.spawn(function() dict:set("up:" .. server.id, alive(server)) end)
  end
  for _, thread in ipairs(threads) do ngx.thread.wait(thread) end
end

-- init_worker_by_lua
function M.start()
  math.randomseed(ngx.worker.pid() + ngx.now() * 1000)
  for _, server in ipairs(conf.servers) do dict:set(openKey(server.id), 0) end
  if ngx.worker.id() ~= 0 then return end
  local function again(premature)
    if premature then return end
    pcall(checkAll)
    ngx.timer.at(conf.every, again)
  end
  ngx.timer.at(0, again)
end

-- The admin side ------------------------------------------------------------------------------------------------------

local function answer(status, text)
  ngx.status = status
  ngx.header.content_type = "application/json"
  ngx.print(text)
  return ngx.exit(status)
end

local function refuse(status, code, message, details)
  return answer(status, cjson.encode({ code = code, message = message, details = details }))
end

-- Workers of a reload that are about to end still count; those that are dead do not.
local function openAt(id)
  local sum = 0
  for _, key in ipairs(dict:get_keys(0)) do
    local pid, server = key:match("^open:(%d+):(.*)$")
    if server == id and C.kill(tonumber(pid), 0) == 0 then sum = sum + math.max(0, dict:get(key) or 0) end
  end
  return sum
end

local function state()
  local route = current()
  if not route then return refuse(500, "defect", "the state file cannot be read") end
  local servers = {}
  for _, server in ipairs(conf.servers) do
    servers[server.id] = { up = dict:get("up:" .. server.id) ~= 0, openSessions = openAt(server.id) }
  end
  return answer(200, '{"route":' .. route.text .. ',"instance":"' .. instance .. '","servers":' .. cjson.encode(servers) .. "}")
end

local function failed(what) return nil, conf.state .. " was not written: " .. what .. ": " .. ffi.string(C.strerror(ffi.errno())) end

-- Durable when it returns true.
local function keep(text)
  local fresh = conf.state .. ".new"
  local fd = C.open(fresh, WRITE_NEW, ffi.cast("int", 384)) -- 0600
  if fd < 0 then return failed("open") end
  local at = 0
  while at < #text do
    local written = tonumber(C.write(fd, ffi.cast("const char *", text) + at, #text - at))
    if written <= 0 then
      local _, why = failed("write")
      C.close(fd)
      os.remove(fresh)
      return nil, why
    end
    at = at + written
  end
  if C.fsync(fd) ~= 0 then C.close(fd); return failed("fsync") end
  C.close(fd)
  if C.rename(fresh, conf.state) ~= 0 then return failed("rename") end
  local dir = C.open(conf.state:match("^(.*)/") or ".", 0)
  if dir >= 0 then C.fsync(dir); C.close(dir) end
  return true
end

-- One writer on this host; the kernel lets go of the lock of one that dies. Nothing in `write` yields.
local function locked(write)
  local fd = C.open(conf.state .. ".lock", READ_WRITE, ffi.cast("int", 384))
  if fd < 0 then return refuse(500, "defect", select(2, failed("lock"))) end
  for _ = 1, 200 do
    if C.flock(fd, LOCK_NOW) == 0 then
      local ok, status, code, message, details = pcall(write)
      C.close(fd)
      if not ok then return refuse(500, "defect", status) end
      if status == 200 then return state() end
      return refuse(status, code, message, details)
    end
    ngx.sleep(0.01)
  end
  C.close(fd)
  return refuse(500, "defect", "another writer holds the lock")
end

local function strangers(route)
  local known = {}
  for _, server in ipairs(conf.servers) do
    known[server.id] = true
    if not route.places[server.id] then return true end
  end
  for id in pairs(route.places) do if not known[id] then return true end end
  return false
end

local function put()
  ngx.req.read_body()
  local text = ngx.req.get_body_data()
  local kept = text and cjson.decode(text)
  local route = routeOf(kept)
  if not route or type(kept.canonical) ~= "string" then return refuse(422, "routerRefused", "not a route") end
  return locked(function()
    -- The file is the truth: a worker that died after its rename has written.
    local now, why = load()
    if not now then return 500, "defect", why end
    if route.fence < now.fence or (route.fence == now.fence and route.canonical ~= now.canonical) then
      return 409, "staleFence", "a newer route is in force", { asked = route.fence, seen = now.fence }
    end
    if strangers(route) then return 422, "routerRefused", "the servers are not those of nginx's configuration" end
    if route.fence > now.fence then
      local done, problem = keep(text)
      if not done then return 507, "defect", problem end
    end
    dict:incr("gen", 1, 0)
    return 200
  end)
end

-- content_by_lua of the admin side
function M.admin()
  if conf.token and ngx.var.http_authorization ~= "Bearer " .. conf.token then
    return refuse(401, "unauthorised", "the admin token is missing or wrong")
  end
  local call = ngx.req.get_method() .. " " .. ngx.var.uri
  if call == "GET /route" then return state() end
  if call == "PUT /route" then return put() end
  if call == "GET /answered" then
    return answer(200, cjson.encode({ a = dict:get("answered:a") or 0, b = dict:get("answered:b") or 0 }))
  end
  return refuse(404, "notFound", call .. " is unknown here")
end

local function tokenIn(path)
  if not path then return nil end
  local token = assert(io.open(path)):read("*l")
  assert(token and token ~= "", path .. " holds no token")
  return token
end

-- init_by_lua; the master runs it, so it may read what workers may not
function M.init(told)
  conf, dict = told, ngx.shared[told.dict]
  conf.token = tokenIn(told.tokenFile)
  conf.header = told.header and "http_" .. told.header:lower():gsub("-", "_")
  conf.cookie = told.cookie and "cookie_" .. told.cookie
  instance = string.format("nginx-%d-%d-%06d", ngx.worker.pid(), ngx.now() * 1000, math.random(0, 999999))
  held, heldGen = assert(load()), dict:get("gen") or 0
  return M
end

M.xxh32 = xxh32
return M
