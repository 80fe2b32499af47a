package io.wasmwiz.executor.sandbox.process;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.executor.sandbox.SandboxConfig;
import io.wasmwiz.executor.sandbox.SandboxRuntime;
import io.wasmwiz.executor.sandbox.StreamsContract;

class ProcessStreamsIT extends StreamsContract {

    @Override
    protected SandboxRuntime open(SandboxConfig config) {
        return ProcessSandbox.open(config, new Sandboxes(config.workers()).config(), new SimpleMeterRegistry());
    }
}
