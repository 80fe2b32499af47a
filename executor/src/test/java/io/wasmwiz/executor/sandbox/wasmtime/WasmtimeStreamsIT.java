package io.wasmwiz.executor.sandbox.wasmtime;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.executor.sandbox.SandboxConfig;
import io.wasmwiz.executor.sandbox.SandboxRuntime;
import io.wasmwiz.executor.sandbox.StreamsContract;

class WasmtimeStreamsIT extends StreamsContract {
    @Override
    protected SandboxRuntime open(SandboxConfig config) {
        return WasmtimeSandbox.open(config, new SimpleMeterRegistry());
    }
}
