local number = 0
request = function()
  number = (number + 7) % 1000
  return wrk.format("GET", "/flat1000/document-" .. number .. ".txt")
end
