package io.wasmwiz.local;

import io.wasmwiz.local.parts.LocalAccount;
import io.wasmwiz.local.parts.Progress;

/** What a person needs to know once the stack is up. */
final class Welcome {
    private Welcome() {}

    static void print(Progress progress, LocalStack stack) {
        progress.line("");
        progress.say("gRPC", stack.grpcAddress());
        progress.say("executor metrics, health", "http://" + stack.executorAdminAddress() + "/metrics");
        progress.say("metering metrics, health", "http://" + stack.meteringAdminAddress() + "/metrics");
        progress.say("Kafka", stack.kafkaBootstrapServers());
        progress.say("PostgreSQL (read only)", stack.readerUrl());
        progress.say("PostgreSQL (admin bootstrap)", stack.adminUrl());
        for (LocalAccount account : stack.accounts()) {
            progress.say("key of tier " + account.tier(), account.key());
        }
        progress.line("");
        progress.line("Try in another terminal:");
        progress.line("  echo hello | deploy/wasmwiz run deploy/samples/upper.wasm");
        progress.line("  deploy/wasmwiz usage");
        progress.line("Ctrl-C stops everything.");
    }
}
