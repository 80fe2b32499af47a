package io.wasmwiz.executor.modules;

import com.google.protobuf.InvalidProtocolBufferException;
import io.wasmwiz.executor.modules.ModuleFindings.Export;
import io.wasmwiz.executor.modules.ModuleFindings.Import;
import io.wasmwiz.executor.modules.ModuleFindings.Table;
import io.wasmwiz.executor.sandbox.RunLimits;
import io.wasmwiz.v1.ModuleExport;
import io.wasmwiz.v1.ModuleImport;
import io.wasmwiz.v1.ModuleProfile;
import io.wasmwiz.v1.ModuleTable;
import java.util.List;
import java.util.OptionalLong;

/** Findings as the message that {@code wasm_modules.profile} keeps and that clients get. Stateless. */
public final class ModuleProfiles {
    private ModuleProfiles() {}

    /** The message. */
    public static ModuleProfile toProto(ModuleFindings findings) {
        ModuleProfile.Builder profile = ModuleProfile.newBuilder()
                .setMemoryMinimumBytes(findings.memoryMinimumPages() * RunLimits.PAGE_BYTES)
                .setFunctionCount(findings.functionCount())
                .setLargestFunctionBytes(findings.largestFunctionBytes())
                .setComplexity(findings.complexity())
                .setCompileWork(findings.work())
                .setCodeBytes(findings.codeBytes())
                .setDataBytes(findings.dataBytes())
                .setHasStartSection(findings.hasStartSection())
                .setGrowsMemory(findings.growsMemory())
                .setIsLibrary(findings.isLibrary())
                .setMoreImports(findings.moreImports())
                .setMoreExports(findings.moreExports())
                .addAllFeatures(findings.features());
        findings.memoryMaximumPages().ifPresent(pages -> profile.setMemoryMaximumBytes(pages * RunLimits.PAGE_BYTES));
        for (Import imported : findings.imports()) {
            profile.addImports(imported.module() + "." + imported.name())
                    .addImportDetails(ModuleImport.newBuilder()
                            .setModule(imported.module())
                            .setName(imported.name())
                            .setType(imported.type()));
        }
        for (Export export : findings.exports()) {
            profile.addExports(export.name())
                    .addExportDetails(ModuleExport.newBuilder()
                            .setName(export.name())
                            .setKind(export.kind())
                            .setType(export.type()));
        }
        findings.tables().forEach(table -> profile.addTables(toProto(table)));
        return profile.build();
    }

    private static ModuleTable toProto(Table table) {
        ModuleTable.Builder message =
                ModuleTable.newBuilder().setElementType(table.elementType()).setMinimumElements(table.minimum());
        table.maximum().ifPresent(message::setMaximumElements);
        return message.build();
    }

    static ModuleFindings parse(byte[] serialized) {
        ModuleProfile profile;
        try {
            profile = ModuleProfile.parseFrom(serialized);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("wasm_modules.profile is not a ModuleProfile", e);
        }
        return new ModuleFindings(
                imports(profile),
                profile.getMoreImports(),
                exports(profile),
                profile.getMoreExports(),
                profile.getMemoryMinimumBytes() / RunLimits.PAGE_BYTES,
                profile.hasMemoryMaximumBytes()
                        ? OptionalLong.of(profile.getMemoryMaximumBytes() / RunLimits.PAGE_BYTES)
                        : OptionalLong.empty(),
                profile.getGrowsMemory(),
                profile.getTablesList().stream().map(ModuleProfiles::table).toList(),
                profile.getCodeBytes(),
                profile.getDataBytes(),
                profile.getFunctionCount(),
                profile.getLargestFunctionBytes(),
                profile.getComplexity(),
                profile.getCompileWork(),
                profile.getHasStartSection(),
                profile.getFeaturesList(),
                profile.getIsLibrary());
    }

    /** Profiles of an earlier version have the names alone; what they name belongs to a module without dots. */
    private static List<Import> imports(ModuleProfile profile) {
        if (profile.getImportDetailsCount() == 0) {
            return profile.getImportsList().stream()
                    .map(imported -> {
                        int dot = imported.indexOf('.');
                        return new Import(imported.substring(0, Math.max(0, dot)), imported.substring(dot + 1), "");
                    })
                    .toList();
        }
        return profile.getImportDetailsList().stream()
                .map(imported -> new Import(imported.getModule(), imported.getName(), imported.getType()))
                .toList();
    }

    private static List<Export> exports(ModuleProfile profile) {
        if (profile.getExportDetailsCount() == 0) {
            return profile.getExportsList().stream()
                    .map(name -> new Export(name, "", ""))
                    .toList();
        }
        return profile.getExportDetailsList().stream()
                .map(export -> new Export(export.getName(), export.getKind(), export.getType()))
                .toList();
    }

    private static Table table(ModuleTable table) {
        return new Table(
                table.getElementType(),
                table.getMinimumElements(),
                table.hasMaximumElements() ? OptionalLong.of(table.getMaximumElements()) : OptionalLong.empty());
    }
}
