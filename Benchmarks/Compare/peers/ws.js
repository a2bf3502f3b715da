// A broadcaster on ws: what a client sends goes to all of the same path. Argument: the port.
'use strict'
const { WebSocketServer } = require('ws')

const rooms = new Map()
const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2]), perMessageDeflate: false })
server.on('connection', (socket, request) => {
  if (!rooms.has(request.url)) rooms.set(request.url, new Set())
  const room = rooms.get(request.url)
  room.add(socket)
  socket.on('message', (text) => {
    for (const member of room) member.send(text, { binary: false })
  })
  socket.on('close', () => room.delete(socket))
})
