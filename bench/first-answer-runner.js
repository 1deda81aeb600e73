// Runs a function as Lambda does: it imports the bundle when told, and then gives it events.
let handler;
process.on('message', async ({ file, event }) => {
  if (file !== undefined) ({ handler } = await import(file));
  process.send(file === undefined ? await handler(event) : 'initialised');
});
process.send('started');
