package io.wasmwiz.executor.modules;

import com.google.protobuf.InvalidProtocolBufferException;
import io.wasmwiz.executor.sandbox.RunLimits;
import io.wasmwiz.v1.ModuleProfile;
import java.util.List;
import java.util.OptionalLong;

/** Findings as the message that {@code wasm_modules.profile} keeps and that clients get. Stateless. */
public final class ModuleProfiles {
    private static final int MAX_NAMES = 1_000;
    private static final int MAX_NAME_CHARACTERS = 256;

    private ModuleProfiles() {}

    /** The message; imports and exports are cut to the bounds that it documents. */
    public static ModuleProfile toProto(ModuleFindings findings) {
        ModuleProfile.Builder profile = ModuleProfile.newBuilder()
                .addAllImports(bounded(findings.imports()))
                .addAllExports(bounded(findings.exports()))
                .setMemoryMinimumBytes(findings.memoryMinimumPages() * RunLimits.PAGE_BYTES)
                .setFunctionCount(findings.functionCount())
                .setLargestFunctionBytes(findings.largestFunctionBytes())
                .setComplexity(findings.complexity());
        findings.memoryMaximumPages().ifPresent(pages -> profile.setMemoryMaximumBytes(pages * RunLimits.PAGE_BYTES));
        return profile.build();
    }

    static ModuleFindings parse(byte[] serialized) {
        ModuleProfile profile;
        try {
            profile = ModuleProfile.parseFrom(serialized);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("wasm_modules.profile is not a ModuleProfile", e);
        }
        return new ModuleFindings(
                profile.getImportsList(),
                profile.getExportsList(),
                profile.getMemoryMinimumBytes() / RunLimits.PAGE_BYTES,
                profile.hasMemoryMaximumBytes()
                        ? OptionalLong.of(profile.getMemoryMaximumBytes() / RunLimits.PAGE_BYTES)
                        : OptionalLong.empty(),
                profile.getFunctionCount(),
                profile.getLargestFunctionBytes(),
                profile.getComplexity());
    }

    private static List<String> bounded(List<String> names) {
        return names.stream()
                .limit(MAX_NAMES)
                .map(name -> name.length() <= MAX_NAME_CHARACTERS ? name : name.substring(0, MAX_NAME_CHARACTERS))
                .toList();
    }
}
