// Exports the account's executions to a file, an id and its figures a line, and can be killed at any time.
//
//   WASMWIZ_SERVER=127.0.0.1:8081 WASMWIZ_KEY=ww_… node export.js FILE [--follow]
//
// FILE.state holds the resume token and how long FILE was with it. Both move on together: lines are on the disk before the
// state that counts them, and what is behind the state when this starts is cut off. So FILE has every execution once.
import fs from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

const { wasmwiz } = grpc.loadPackageDefinition(
  protoLoader.loadSync(['wasmwiz/v1/usage_service.proto'], {
    includeDirs: [fileURLToPath(new URL('../../../proto/src/main/proto', import.meta.url))],
    keepCase: true,
    longs: Number,
    enums: String,
    defaults: true,
    oneofs: true,
  }),
);

function readState(path) {
  return fs.existsSync(path) ? JSON.parse(fs.readFileSync(path, 'utf8')) : { resume_token: '', bytes: 0 };
}

function writeState(path, state) {
  const next = fs.openSync(`${path}.new`, 'w');
  fs.writeSync(next, JSON.stringify(state));
  fs.fsyncSync(next);
  fs.closeSync(next);
  fs.renameSync(`${path}.new`, path);
}

function line({ receipt: { execution_id, status, charged, cpu_time_us } }) {
  return `${JSON.stringify({ execution_id, status, charged, cpu_time_us })}\n`;
}

async function read(client, metadata, out, path, follow) {
  let { resume_token: token, bytes } = readState(path);
  fs.ftruncateSync(out, bytes);
  for await (const { rows, resume_token, complete_before } of client.exportUsage(
    { resume_token: token, follow },
    metadata,
  )) {
    const lines = Buffer.from(rows.map(line).join(''));
    for (let written = 0; written < lines.length; ) {
      written += fs.writeSync(out, lines, written, lines.length - written, bytes + written);
    }
    fs.fsyncSync(out);
    bytes += lines.length;
    writeState(path, { resume_token, bytes });
    if (complete_before) {
      console.log(`complete before ${new Date(complete_before.seconds * 1000).toISOString()}`);
    }
  }
}

async function main(file, ...flags) {
  const metadata = new grpc.Metadata();
  if (process.env.WASMWIZ_KEY) {
    metadata.set('authorization', `Bearer ${process.env.WASMWIZ_KEY}`);
  }
  const server = process.env.WASMWIZ_SERVER ?? '127.0.0.1:8081';
  const client = new wasmwiz.v1.UsageService(server, grpc.credentials.createInsecure());
  const out = fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT);
  for (;;) {
    try {
      await read(client, metadata, out, `${file}.state`, flags.includes('--follow'));
      break;
    } catch (error) {
      console.error(`${grpc.status[error.code]}: ${error.details}`);
      if (error.code !== grpc.status.UNAVAILABLE) {
        process.exitCode = 1;
        break;
      }
      await pause(1_000);
    }
  }
  client.close();
}

await main(...process.argv.slice(2));
