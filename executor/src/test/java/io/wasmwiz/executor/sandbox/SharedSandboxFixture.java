package io.wasmwiz.executor.sandbox;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;

/** One sandbox for all tests of a class, which do not count what is in it: processes take a second to start. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class SharedSandboxFixture extends SandboxFixture {
    private boolean opened;

    @Override
    @BeforeEach
    protected final void openSandbox() {
        if (!opened) {
            super.openSandbox();
            opened = true;
        }
    }

    @Override
    @AfterEach
    protected final void closeSandbox() {}

    /** Gives the tests that follow a sandbox of their own, for a test that closed this one. */
    protected final void renewSandbox() {
        super.closeSandbox();
        opened = false;
    }

    @AfterAll
    final void closeSharedSandbox() {
        super.closeSandbox();
    }
}
