package io.wasmwiz.executor.modules;

/** Names a module or brings it along. */
public sealed interface ModuleRef {
    /** One that the account has. */
    record ByDigest(ModuleDigest digest) implements ModuleRef {}

    /** The module itself; the array is shared and must not be changed. */
    record Inline(byte[] bytes) implements ModuleRef {
        /** Without the bytes. */
        @Override
        public String toString() {
            return "Inline[bytes=" + bytes.length + "]";
        }
    }
}
