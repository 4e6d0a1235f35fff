-- Each request puts a new document of 1 KiB.
local content = string.rep("p", 1024)
local count = 0

request = function()
  count = count + 1
  return wrk.format("PUT", wrk.path .. "d" .. count, nil, content)
end
