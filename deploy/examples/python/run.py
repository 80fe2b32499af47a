#!/usr/bin/env python3
"""Uploads a module, runs it by its digest, then provokes an error and reads its details.

    WASMWIZ_SERVER=127.0.0.1:8081 WASMWIZ_KEY=ww_… ./run.py [MODULE.wasm] [INPUT]
"""

import hashlib
import os
import sys
from pathlib import Path

import grpc
from google.protobuf import descriptor_pb2, message_factory

CHUNK_BYTES = 256 * 1024
ROOT = Path(__file__).resolve().parents[3]


def load_contract(path):
    """Reads a descriptor set: the message classes by full name, and the methods by service and name."""
    files = descriptor_pb2.FileDescriptorSet.FromString(Path(path).read_bytes()).file
    methods = {
        (f"{file.package}.{service.name}", method.name): method
        for file in files
        for service in file.service
        for method in service.method
    }
    return message_factory.GetMessages(files), methods


MESSAGES, METHODS = load_contract(os.environ.get("WASMWIZ_PROTOSET", ROOT / "proto/target/wasmwiz.protoset"))


def message(name, /, **fields):
    return MESSAGES[f"wasmwiz.v1.{name}"](**fields)


def stub(channel, service, name):
    """A callable for one method, as generated code would make it."""
    method = METHODS[(f"wasmwiz.v1.{service}", name)]
    connect = {
        (False, False): channel.unary_unary,
        (True, False): channel.stream_unary,
        (False, True): channel.unary_stream,
    }[method.client_streaming, method.server_streaming]
    return connect(
        f"/wasmwiz.v1.{service}/{name}",
        request_serializer=MESSAGES[method.input_type.lstrip(".")].SerializeToString,
        response_deserializer=MESSAGES[method.output_type.lstrip(".")].FromString,
    )


def upload_requests(module, name):
    header = message("UploadModuleHeader", digest=hashlib.sha256(module).hexdigest(), name=name)
    yield message("UploadModuleRequest", header=header)
    for at in range(0, len(module), CHUNK_BYTES):
        yield message("UploadModuleRequest", chunk=module[at : at + CHUNK_BYTES])


def error_details(error):
    """The details of an error, as messages: google.rpc.ErrorInfo, BadRequest, …"""
    trailers = dict(error.trailing_metadata() or ())
    status = MESSAGES["google.rpc.Status"].FromString(trailers.get("grpc-status-details-bin", b""))
    for detail in status.details:
        kind = MESSAGES.get(detail.type_url.rpartition("/")[2])
        if kind is not None:
            yield kind.FromString(detail.value)


def main(module_file=ROOT / "deploy/samples/upper.wasm", text="hello from python\n"):
    key = os.environ.get("WASMWIZ_KEY")
    metadata = [("authorization", f"Bearer {key}")] if key else []
    with grpc.insecure_channel(os.environ.get("WASMWIZ_SERVER", "127.0.0.1:8081")) as channel:
        upload = stub(channel, "ModuleService", "UploadModule")
        execute = stub(channel, "ExecutionService", "Execute")
        path = Path(module_file)
        try:
            module = upload(upload_requests(path.read_bytes(), path.stem), metadata=metadata, timeout=60).module
            print(f"uploaded {module.name}: {module.digest}")

            ref = message("ModuleRef", digest=module.digest)
            reply = execute(message("ExecuteRequest", module=ref, input=text.encode()), metadata=metadata, timeout=60)
            print(reply.stdout.decode(errors="replace"), end="")
            receipt = reply.receipt
            status = receipt.DESCRIPTOR.fields_by_name["status"].enum_type.values_by_number[receipt.status].name
            print(
                f"{status} in {receipt.wall_time_us} µs, {receipt.peak_memory_bytes} bytes of memory,"
                f" {receipt.quota_remaining} executions left today"
            )

            # More run time than any tier has: refused, with the field and what is allowed.
            limits = message("Limits", run_time={"seconds": 86_400})
            execute(message("ExecuteRequest", module=ref, limits=limits), metadata=metadata, timeout=60)
        except grpc.RpcError as error:
            details = list(error_details(error))
            print(f"{error.code().name}: {error.details()}")
            reason = None
            for detail in details:
                if detail.DESCRIPTOR.full_name == "google.rpc.ErrorInfo":
                    reason = detail.reason
                    print(f"reason {detail.reason}", dict(detail.metadata))
                elif detail.DESCRIPTOR.full_name == "google.rpc.BadRequest":
                    for violation in detail.field_violations:
                        print(f"field {violation.field}: {violation.description}")
            return 0 if reason == "LIMIT_ABOVE_TIER" else 1
    return 1  # the refusal did not come


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
