package io.wasmwiz.executor.sandbox.wasmtime;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.executor.sandbox.SandboxConfig;
import io.wasmwiz.executor.sandbox.SandboxQueueContract;
import io.wasmwiz.executor.sandbox.SandboxRuntime;

class WasmtimeQueueIT extends SandboxQueueContract {
    private SimpleMeterRegistry metrics = new SimpleMeterRegistry();

    @Override
    protected SandboxRuntime open(SandboxConfig config) {
        metrics = new SimpleMeterRegistry();
        return WasmtimeSandbox.open(config, metrics);
    }

    @Override
    protected boolean queueIsEmpty() {
        return metrics.get("wasmwiz.sandbox.queue.depth").gauge().value() == 0;
    }
}
