-- wrk: whole requests of a folder at a mean rate, by many users who each pause as long as chance has it.
-- Arguments: the folder, how many requests it has, the mean pause in milliseconds.
local requests, mean = {}, 0

function init(args)
  local folder, count = args[1], tonumber(args[2])
  mean = tonumber(args[3])
  math.randomseed(1)
  for i = 1, count do
    local file = assert(io.open(folder .. "/" .. (i - 1), "rb"))
    requests[i] = file:read("*a")
    file:close()
  end
end

function request()
  return requests[math.random(#requests)]
end

function delay()
  return math.random(0, 2 * mean)
end
