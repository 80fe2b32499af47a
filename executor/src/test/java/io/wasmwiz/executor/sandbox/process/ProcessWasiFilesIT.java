package io.wasmwiz.executor.sandbox.process;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.executor.sandbox.SandboxConfig;
import io.wasmwiz.executor.sandbox.SandboxRuntime;
import io.wasmwiz.executor.sandbox.WasiFilesContract;

class ProcessWasiFilesIT extends WasiFilesContract {

    @Override
    protected SandboxRuntime open(SandboxConfig config) {
        return ProcessSandbox.open(config, new Sandboxes(config.workers()).config(), new SimpleMeterRegistry());
    }
}
