package io.wasmwiz.executor.sandbox.process;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.executor.sandbox.SandboxConfig;
import io.wasmwiz.executor.sandbox.SandboxQueueContract;
import io.wasmwiz.executor.sandbox.SandboxRuntime;

class ProcessQueueIT extends SandboxQueueContract {
    private SimpleMeterRegistry metrics = new SimpleMeterRegistry();

    @Override
    protected SandboxRuntime open(SandboxConfig config) {
        metrics = new SimpleMeterRegistry();
        return ProcessSandbox.open(config, new Sandboxes(config.workers()).config(), metrics);
    }

    @Override
    protected boolean queueIsEmpty() {
        return metrics.get("wasmwiz.sandbox.queue.depth").gauge().value() == 0;
    }
}
