package io.wasmwiz.executor.sandbox.wasmtime;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.executor.sandbox.SandboxConfig;
import io.wasmwiz.executor.sandbox.SandboxRuntime;
import io.wasmwiz.executor.sandbox.SoakContract;
import java.util.List;

class WasmtimeSoakIT extends SoakContract {
    @Override
    protected SandboxRuntime open(SandboxConfig config) {
        return WasmtimeSandbox.open(config, new SimpleMeterRegistry());
    }

    @Override
    protected List<Long> processes() {
        return List.of(ProcessHandle.current().pid());
    }
}
