package io.wasmwiz.executor.sandbox.wasmtime;

import io.github.kawamuray.wasmtime.Global;
import io.github.kawamuray.wasmtime.Val;
import io.wasmwiz.executor.sandbox.Invocation;
import io.wasmwiz.executor.sandbox.Signature;
import io.wasmwiz.executor.sandbox.Value;
import io.wasmwiz.executor.sandbox.ValueType;
import io.wasmwiz.executor.wasm.SandboxModule;
import io.wasmwiz.executor.wasm.SandboxModule.Invocable;
import io.wasmwiz.executor.wasm.SandboxRewrite;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One call of a module's function in its instance: puts the arguments in and takes the results out. */
final class InvokedFunction {
    private final Invocation invocation;
    private final Invocable function;
    private final GuestStore store;
    private final String instance;

    /** Of an invocation that passed {@link #check}. */
    InvokedFunction(Invocation invocation, SandboxModule code, GuestStore store, int instance) {
        this.invocation = invocation;
        Invocable found = code.functions().get(invocation.export());
        if (found == null) {
            throw new IllegalArgumentException("the invocation was not checked");
        }
        this.function = found;
        this.store = store;
        this.instance = GuestStore.INSTANCE + instance;
    }

    /** Refuses a call that the module has no function for, and a module that needs a call and has none. */
    static void check(Optional<Invocation> invocation, Map<String, Invocable> functions)
            throws ModuleRejectedException {
        if (invocation.isEmpty()) {
            if (!functions.isEmpty()) {
                throw new ModuleRejectedException("the module is no command; one of its functions must be named");
            }
            return;
        }
        Invocable function = functions.get(invocation.get().export());
        if (function == null) {
            throw new ModuleRejectedException("the module has no such function that can be invoked");
        }
        Signature signature = function.signature();
        if (!signature.takes(invocation.get().arguments())) {
            throw new ModuleRejectedException("the function has the type " + signature + " and was given others");
        }
    }

    /** After the guest was instantiated, before it runs. */
    void select() {
        set(SandboxRewrite.SELECTED, Val.fromI32(function.number()));
        List<Value> arguments = invocation.arguments();
        for (int i = 0; i < arguments.size(); i++) {
            set(SandboxRewrite.VALUE + i, Val.fromI64(arguments.get(i).bits()));
        }
    }

    private void set(String name, Val value) {
        try (Global global = global(name)) {
            global.set(store.store(), value);
        }
    }

    /** After it returned. */
    List<Value> results() {
        List<ValueType> types = function.signature().results();
        List<Value> results = new ArrayList<>(types.size());
        for (int i = 0; i < types.size(); i++) {
            try (Global global = global(SandboxRewrite.VALUE + i)) {
                results.add(new Value(types.get(i), global.get(store.store()).i64()));
            }
        }
        return results;
    }

    private Global global(String name) {
        return store.linker().get(store.store(), instance, name).orElseThrow().global();
    }
}
