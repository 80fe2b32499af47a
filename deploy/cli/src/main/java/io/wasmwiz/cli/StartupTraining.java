package io.wasmwiz.cli;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.wasmwiz.cli.text.Terminal;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecuteResponse;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import io.wasmwiz.v1.ExecutionStatus;
import io.wasmwiz.v1.GetQuotaRequest;
import io.wasmwiz.v1.GetQuotaResponse;
import io.wasmwiz.v1.ListExecutionsRequest;
import io.wasmwiz.v1.ListExecutionsResponse;
import io.wasmwiz.v1.ListModulesRequest;
import io.wasmwiz.v1.ListModulesResponse;
import io.wasmwiz.v1.ModuleServiceGrpc;
import io.wasmwiz.v1.QueryUsageRequest;
import io.wasmwiz.v1.QueryUsageResponse;
import io.wasmwiz.v1.QuotaWindow;
import io.wasmwiz.v1.Receipt;
import io.wasmwiz.v1.UsageServiceGrpc;
import io.wasmwiz.v1.UsageSum;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Loads what a client's usual commands load, so that the JVM can archive those classes (class data sharing) when
 * {@code deploy/wasmwiz} builds: a run then spends its time on the call instead of on reading jars. Talks to a server of
 * its own on loopback and prints nothing. Fails when a command does, since its archive would then help nobody.
 */
final class StartupTraining {
    /** The shape of a key; it is the training's own server that takes it. */
    private static final String KEY = "ww_000000000000000000000000000000000000";

    private StartupTraining() {}

    public static void main(String... arguments) throws IOException {
        train();
        System.exit(0);
    }

    /** Runs the commands; throws when one fails. */
    static void train() throws IOException {
        Path module = Files.createTempFile("wasmwiz-training-", ".wasm");
        Server server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .directExecutor()
                .addService(new Executions())
                .addService(new Modules())
                .addService(new Usage())
                .build()
                .start();
        try (InputStream hello = StartupTraining.class.getResourceAsStream("doctor/hello.wasm")) {
            if (hello == null) {
                throw new IllegalStateException("resource hello.wasm is missing");
            }
            Files.write(module, hello.readAllBytes());
            CliContext context = new CliContext(
                    Terminal.of(
                            InputStream.nullInputStream(),
                            OutputStream.nullOutputStream(),
                            OutputStream.nullOutputStream(),
                            false,
                            false,
                            false),
                    Map.of("WASMWIZ_SERVER", "127.0.0.1:" + server.getPort(), "WASMWIZ_KEY", KEY),
                    Path.of("").toAbsolutePath(),
                    null);
            run(context, "run", module.toAbsolutePath().toString());
            run(context, "usage");
            run(context, "modules", "list");
            run(context, "--help");
        } finally {
            server.shutdownNow();
            Files.delete(module);
        }
    }

    private static void run(CliContext context, String... command) {
        int exitCode = Main.run(context, command);
        if (exitCode != 0) {
            throw new IllegalStateException("'" + String.join(" ", command) + "' ended with " + exitCode);
        }
    }

    private static <T> void answer(StreamObserver<T> observer, T reply) {
        observer.onNext(reply);
        observer.onCompleted();
    }

    private static Receipt receipt() {
        return Receipt.newBuilder()
                .setExecutionId("019b76da-a800-7000-8000-000000000000")
                .setStatus(ExecutionStatus.EXECUTION_STATUS_COMPLETED)
                .setExitCode(0)
                .setAdmittedAt(Timestamp.getDefaultInstance())
                .build();
    }

    private static final class Executions extends ExecutionServiceGrpc.ExecutionServiceImplBase {
        @Override
        public void execute(ExecuteRequest request, StreamObserver<ExecuteResponse> observer) {
            answer(
                    observer,
                    ExecuteResponse.newBuilder()
                            .setStdout(ByteString.copyFromUtf8("hello, world!\n"))
                            .setReceipt(receipt())
                            .build());
        }
    }

    private static final class Modules extends ModuleServiceGrpc.ModuleServiceImplBase {
        @Override
        public void listModules(ListModulesRequest request, StreamObserver<ListModulesResponse> observer) {
            answer(observer, ListModulesResponse.getDefaultInstance());
        }
    }

    private static final class Usage extends UsageServiceGrpc.UsageServiceImplBase {
        @Override
        public void getQuota(GetQuotaRequest request, StreamObserver<GetQuotaResponse> observer) {
            answer(
                    observer,
                    GetQuotaResponse.newBuilder()
                            .setDay(QuotaWindow.newBuilder().setResetsAt(Timestamp.getDefaultInstance()))
                            .build());
        }

        @Override
        public void queryUsage(QueryUsageRequest request, StreamObserver<QueryUsageResponse> observer) {
            answer(
                    observer,
                    QueryUsageResponse.newBuilder()
                            .addSums(UsageSum.newBuilder().setPeriodStart(request.getFrom()))
                            .build());
        }

        @Override
        public void listExecutions(ListExecutionsRequest request, StreamObserver<ListExecutionsResponse> observer) {
            answer(
                    observer,
                    ListExecutionsResponse.newBuilder().addExecutions(receipt()).build());
        }
    }
}
