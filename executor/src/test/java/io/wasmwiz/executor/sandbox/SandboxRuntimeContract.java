package io.wasmwiz.executor.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

public abstract class SandboxRuntimeContract extends SandboxFixture {
    @Test
    void echoes() {
        RunResult.Ran ran = ran(run(Wat.command("""
            (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 100))
            (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
            (i32.store (i32.const 4) (i32.load (i32.const 8)))
            (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
            """), "hello"));

        assertThat(ran.end()).isEqualTo(new RunResult.End.Exited(0));
        assertThat(new String(ran.stdout(), StandardCharsets.UTF_8)).isEqualTo("hello");
    }
}
