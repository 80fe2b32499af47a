package io.wasmwiz.cli.run;

import com.google.protobuf.UnsafeByteOperations;
import io.wasmwiz.cli.failure.CommandFailure;
import io.wasmwiz.cli.failure.ExitCode;
import io.wasmwiz.cli.module.BoundedInput;
import io.wasmwiz.cli.text.Printable;
import io.wasmwiz.v1.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Files of this machine that a guest is to read; what a path must be is the server's to say. */
final class GuestFiles {
    private GuestFiles() {}

    /**
     * Reads what options like {@code data/in.txt=in.txt} name.
     *
     * @param options the guest's path, which may begin with a slash, {@code =}, and a path below {@code directory}
     * @param largestBytes of all together
     */
    static List<File> read(List<String> options, Path directory, long largestBytes) {
        List<File> files = new ArrayList<>();
        long left = largestBytes;
        for (String option : options) {
            int equals = option.indexOf('=');
            if (equals <= 0 || equals == option.length() - 1) {
                throw new CommandFailure(
                        ExitCode.USAGE, "--file takes GUEST=HOST, not '" + Printable.line(option) + "'");
            }
            byte[] content = BoundedInput.read(directory.resolve(option.substring(equals + 1)), left);
            left -= content.length;
            String path = option.substring(0, equals);
            files.add(File.newBuilder()
                    .setPath(path.startsWith("/") ? path.substring(1) : path)
                    .setContent(UnsafeByteOperations.unsafeWrap(content))
                    .build());
        }
        return files;
    }
}
