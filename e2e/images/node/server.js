// Serves every path on $PORT.
require('http').createServer((request, response) => response.end(`${request.url}\n`)).listen(process.env.PORT)
