package io.wasmwiz.executor.sandbox.wasmtime;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.executor.sandbox.InvocationContract;
import io.wasmwiz.executor.sandbox.SandboxConfig;
import io.wasmwiz.executor.sandbox.SandboxRuntime;

class WasmtimeInvocationIT extends InvocationContract {
    @Override
    protected SandboxRuntime open(SandboxConfig config) {
        return WasmtimeSandbox.open(config, new SimpleMeterRegistry());
    }
}
