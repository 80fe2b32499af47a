#!/usr/bin/env python3
"""Exports the account's executions to a file, an id and its figures a line, and can be killed at any time.

    WASMWIZ_SERVER=127.0.0.1:8081 WASMWIZ_KEY=ww_… ./export.py FILE [--follow]

FILE.state holds the resume token and how long FILE was with it. Both move on together: lines are on the disk before the
state that counts them, and what is behind the state when this starts is cut off. So FILE has every execution once.
"""

import json
import os
import sys
import time

import grpc

from run import error_details, message, stub


def read_state(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return {"resume_token": "", "bytes": 0}


def write_state(path, token, size):
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        json.dump({"resume_token": token, "bytes": size}, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(f"{path}.new", path)


def line(row):
    receipt = row.receipt
    status = receipt.DESCRIPTOR.fields_by_name["status"].enum_type.values_by_number[receipt.status].name
    return json.dumps(
        {
            "execution_id": receipt.execution_id,
            "status": status,
            "charged": receipt.charged,
            "cpu_time_us": receipt.cpu_time_us,
        }
    )


def read(export, metadata, out, path, follow):
    state = read_state(path)
    out.seek(state["bytes"])
    out.truncate()
    request = message("ExportUsageRequest", resume_token=state["resume_token"], follow=follow)
    for part in export(request, metadata=metadata):
        for row in part.rows:
            out.write(line(row).encode() + b"\n")
        out.flush()
        os.fsync(out.fileno())
        write_state(path, part.resume_token, out.tell())
        if part.HasField("complete_before"):
            print(f"complete before {part.complete_before.ToJsonString()}", flush=True)


def main(file, *flags):
    key = os.environ.get("WASMWIZ_KEY")
    metadata = [("authorization", f"Bearer {key}")] if key else []
    with grpc.insecure_channel(os.environ.get("WASMWIZ_SERVER", "127.0.0.1:8081")) as channel:
        export = stub(channel, "UsageService", "ExportUsage")
        with open(file, "a+b") as out:
            while True:
                try:
                    read(export, metadata, out, f"{file}.state", "--follow" in flags)
                    return 0
                except grpc.RpcError as error:
                    for detail in error_details(error):
                        if detail.DESCRIPTOR.full_name == "google.rpc.ErrorInfo":
                            print(f"{detail.reason}: {error.details()}", file=sys.stderr)
                    if error.code() != grpc.StatusCode.UNAVAILABLE:
                        return 1
                    time.sleep(1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
