package io.wasmwiz.executor.sandbox.process;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.executor.sandbox.SandboxConfig;
import io.wasmwiz.executor.sandbox.SandboxRuntime;
import io.wasmwiz.executor.sandbox.SoakContract;
import java.util.List;
import java.util.stream.Stream;

/** This process, those that run and those that compile, together. */
class ProcessSoakIT extends SoakContract {
    @Override
    protected SandboxRuntime open(SandboxConfig config) {
        return ProcessSandbox.open(config, new Sandboxes(config.workers()).config(), new SimpleMeterRegistry());
    }

    @Override
    protected List<Long> processes() {
        return Stream.of(
                        Stream.of(ProcessHandle.current()),
                        ProcessFixture.processes("RUN").stream(),
                        ProcessFixture.processes("COMPILE").stream())
                .flatMap(processes -> processes)
                .map(ProcessHandle::pid)
                .toList();
    }
}
