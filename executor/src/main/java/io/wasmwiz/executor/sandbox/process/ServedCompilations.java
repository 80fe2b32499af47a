package io.wasmwiz.executor.sandbox.process;

import io.wasmwiz.executor.sandbox.wasmtime.ModuleCompiler;
import java.io.IOException;

/** The child's side of compiling: one module after the other, into the cache on disk. */
final class ServedCompilations {
    static void serve(FrameReader requests, ModuleCompiler compiler, Replies replies) throws IOException {
        while (requests.next()) {
            requests.body(Integer.MAX_VALUE);
            if (requests.kind() == Frame.COMPILE) {
                long job = requests.job();
                replies.started(job, false);
                replies.compiled(job, compiler.compile(SandboxProcessMain.readModule(requests)));
            }
        }
    }

    private ServedCompilations() {}
}
