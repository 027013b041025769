-- gray-release inside Envoy: decides every request by the metadata of its route, which a release changes as a whole.
-- Another state of the language runs in each worker of Envoy.
local bit = require "bit"
local band, bxor, rol, rshift, tobit = bit.band, bit.bxor, bit.rol, bit.rshift, bit.tobit

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

-- Deciding ------------------------------------------------------------------------------------------------------------

local other = { a = "b", b = "a" }
local worker = tostring({}):match("0x(%x+)")

local function cookie(headers, wanted)
  for pair in (headers:get("cookie") or ""):gmatch("[^;]+") do
    local name, value = pair:match("^%s*([^=]-)%s*=%s*(.-)%s*$")
    if name == wanted then return value end
  end
end

local function userOf(route, headers)
  local header, named = route:get("header"), route:get("cookie")
  local user = header and headers:get(header)
  if (not user or user == "") and named then user = cookie(headers, named) end
  return user ~= "" and user or nil
end

-- A header that came several times is in no segment.
local function inSegment(route, headers)
  for _, header in ipairs(route:get("segments") or {}) do
    local value = headers:getNumValues(header) == 1 and headers:get(header)
    if value and route:get("segment:" .. header .. ":" .. value) then return true end
  end
  return false
end

-- A list lies in a thousand parts by bucket, each user between line breaks.
local function isListed(route, list, user, bucket)
  local part = route:get(list .. ":" .. bucket % 1000)
  return part and part:find("\n" .. user .. "\n", 1, true)
end

local function armOf(route, headers)
  local user = userOf(route, headers)
  local bucket = user and xxh32(route:get("salt") .. ":" .. user) % 10000
  if user and isListed(route, "stable", user, bucket) then return route:get("rest") end
  if user and isListed(route, "gray", user, bucket) then return "gray" end
  if inSegment(route, headers) then return "gray" end
  if not user then return route:get("rest") end
  return bucket < route:get("shareBp") and "gray" or "stable"
end

-- What the probe entrance tells, and its marks for the server
local function tell(route, notes, headers, arm)
  for _, name in ipairs({ "fence", "period" }) do notes:set("gray", name, route:get(name)) end
  notes:set("gray", "arm", arm)
  headers:replace("x-gray-probe", "1")
end

function envoy_on_request(handle)
  local headers, route, notes = handle:headers(), handle:metadata(), handle:streamInfo():dynamicMetadata()
  local probe = notes:get("gray.probe") ~= nil
  if probe and headers:get(":path") == "/.gray-release/generation" then
    return handle:respond({ [":status"] = "200" }, "generation=" .. (route:get("generation") or "") .. " worker=" .. worker)
  end
  local stable = route:get("stable")
  if not stable then return end
  local arm = armOf(route, headers)
  local pool = arm == "stable" and stable or other[stable]
  notes:set("gray", "pool", pool)
  headers:replace("x-gray-arm", arm)
  headers:replace("x-gray-pool", pool)
  if probe then tell(route, notes, headers, arm) else headers:remove("x-gray-probe") end
  handle:clearRouteCache()
end
