package io.wasmwiz.executor.grpc;

import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.wasmwiz.executor.export.ExportMessage;
import io.wasmwiz.executor.export.ExportSink;
import io.wasmwiz.executor.export.ExportStream;
import io.wasmwiz.executor.export.UsageExports;
import io.wasmwiz.executor.refusal.RefusedException;
import io.wasmwiz.v1.ExportUsageRequest;
import io.wasmwiz.v1.UsageServiceGrpc;

/**
 * {@code wasmwiz.v1.UsageService} whole: {@link UsageGrpcService}, but for {@code ExportUsage}, whose messages are encoded
 * already when they are read. Thread-safe; never blocks.
 */
public final class UsageApi implements BindableService {
    private final UsageGrpcService service;
    private final UsageExports exports;

    public UsageApi(UsageGrpcService service, UsageExports exports) {
        this.service = service;
        this.exports = exports;
    }

    @Override
    public ServerServiceDefinition bindService() {
        ServerServiceDefinition generated = service.bindService();
        MethodDescriptor<ExportUsageRequest, ExportMessage> export = UsageServiceGrpc.getExportUsageMethod().toBuilder(
                        UsageServiceGrpc.getExportUsageMethod().getRequestMarshaller(), new ExportMarshaller())
                .build();
        ServiceDescriptor.Builder methods = ServiceDescriptor.newBuilder(UsageServiceGrpc.SERVICE_NAME)
                .setSchemaDescriptor(UsageServiceGrpc.getServiceDescriptor().getSchemaDescriptor());
        generated.getMethods().stream()
                .filter(method -> !isExport(method))
                .forEach(method -> methods.addMethod(method.getMethodDescriptor()));
        ServerServiceDefinition.Builder definition =
                ServerServiceDefinition.builder(methods.addMethod(export).build());
        generated.getMethods().stream().filter(method -> !isExport(method)).forEach(definition::addMethod);
        return definition
                .addMethod(export, ServerCalls.asyncServerStreamingCall(this::export))
                .build();
    }

    private static boolean isExport(ServerMethodDefinition<?, ?> method) {
        return method.getMethodDescriptor()
                .getFullMethodName()
                .equals(UsageServiceGrpc.getExportUsageMethod().getFullMethodName());
    }

    private void export(ExportUsageRequest request, StreamObserver<ExportMessage> response) {
        ServerCallStreamObserver<ExportMessage> client = (ServerCallStreamObserver<ExportMessage>) response;
        ExportStream stream;
        try {
            stream = exports.begin(
                    CallContext.caller(),
                    UsageRequests.filter(request),
                    request.getResumeToken(),
                    request.getFollow(),
                    new Sink(client));
        } catch (RefusedException e) {
            client.onError(Replies.statusOf(e));
            return;
        }
        client.setOnCancelHandler(stream::cancel);
        client.setOnReadyHandler(stream::pump);
        stream.pump();
    }

    private record Sink(ServerCallStreamObserver<ExportMessage> client) implements ExportSink {
        @Override
        public boolean isReady() {
            return client.isReady();
        }

        @Override
        public void send(ExportMessage message) {
            client.onNext(message);
        }

        @Override
        public void complete() {
            client.onCompleted();
        }

        @Override
        public void fail(Throwable cause) {
            client.onError(Replies.statusOf(cause));
        }
    }
}
