// Uploads a module, runs it by its digest, then provokes an error and reads its details.
//
//   WASMWIZ_SERVER=127.0.0.1:8081 WASMWIZ_KEY=ww_… node run.js [MODULE.wasm] [INPUT]
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

const CHUNK_BYTES = 256 * 1024;
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const { wasmwiz } = grpc.loadPackageDefinition(
  protoLoader.loadSync(['wasmwiz/v1/execution_service.proto', 'wasmwiz/v1/module_service.proto'], {
    includeDirs: [here('../../../proto/src/main/proto')],
    keepCase: true,
    longs: Number,
    enums: String,
    defaults: true,
    oneofs: true,
  }),
);
// google.rpc, which the API's own files do not import.
const errorTypes = protoLoader.loadFileDescriptorSetFromBuffer(
  readFileSync(process.env.WASMWIZ_PROTOSET ?? here('../../../proto/target/wasmwiz.protoset')),
  { keepCase: true, longs: Number, defaults: true },
);

function upload(client, metadata, bytes, name) {
  return new Promise((resolve, reject) => {
    const call = client.uploadModule(metadata, (error, reply) => (error ? reject(error) : resolve(reply)));
    call.on('error', reject);
    call.write({ header: { name, digest: createHash('sha256').update(bytes).digest('hex') } });
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      call.write({ chunk: bytes.subarray(at, at + CHUNK_BYTES) });
    }
    call.end();
  });
}

// The details of an error: [{ type: 'google.rpc.ErrorInfo', reason, domain, metadata }, …].
function errorDetails(error) {
  const [status] = error.metadata?.get('grpc-status-details-bin') ?? [];
  if (!status) {
    return [];
  }
  return errorTypes['google.rpc.Status'].deserialize(status).details.map(({ type_url: url, value }) => {
    const type = url.slice(url.lastIndexOf('/') + 1);
    return { type, ...errorTypes[type]?.deserialize(value) };
  });
}

async function main(moduleFile = here('../../samples/upper.wasm'), input = 'hello from node\n') {
  const server = process.env.WASMWIZ_SERVER ?? '127.0.0.1:8081';
  const metadata = new grpc.Metadata();
  if (process.env.WASMWIZ_KEY) {
    metadata.set('authorization', `Bearer ${process.env.WASMWIZ_KEY}`);
  }
  const credentials = grpc.credentials.createInsecure();
  const modules = new wasmwiz.v1.ModuleService(server, credentials);
  const executions = new wasmwiz.v1.ExecutionService(server, credentials);
  const execute = promisify(executions.execute).bind(executions);

  try {
    const { module } = await upload(modules, metadata, readFileSync(moduleFile), basename(moduleFile, '.wasm'));
    console.log(`uploaded ${module.name}: ${module.digest}`);

    const reply = await execute({ module: { digest: module.digest }, input: Buffer.from(input) }, metadata);
    process.stdout.write(reply.stdout);
    const { status, wall_time_us: wall, peak_memory_bytes: memory, quota_remaining: left } = reply.receipt;
    console.log(`${status} in ${wall} µs, ${memory} bytes of memory, ${left} executions left today`);

    // More run time than any tier has: refused, with the field and what is allowed.
    await execute({ module: { digest: module.digest }, limits: { run_time: { seconds: 86_400 } } }, metadata);
    process.exitCode = 1; // the refusal did not come
  } catch (error) {
    const details = errorDetails(error);
    if (details.length === 0) {
      throw error;
    }
    console.log(`${grpc.status[error.code]}: ${error.details}`);
    for (const detail of details) {
      if (detail.type === 'google.rpc.ErrorInfo') {
        // Descriptor sets spell a map as its entries.
        console.log(`reason ${detail.reason}`, Object.fromEntries(detail.metadata.map((e) => [e.key, e.value])));
      } else if (detail.type === 'google.rpc.BadRequest') {
        detail.field_violations.forEach(({ field, description }) => console.log(`field ${field}: ${description}`));
      }
    }
    process.exitCode = details.some(({ reason }) => reason === 'LIMIT_ABOVE_TIER') ? 0 : 1;
  } finally {
    modules.close();
    executions.close();
  }
}

await main(...process.argv.slice(2));
