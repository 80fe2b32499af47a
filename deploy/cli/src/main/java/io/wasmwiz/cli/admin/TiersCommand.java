package io.wasmwiz.cli.admin;

import com.google.protobuf.FieldMask;
import io.wasmwiz.cli.CliContext;
import io.wasmwiz.cli.CommandGroup;
import io.wasmwiz.cli.failure.CommandFailure;
import io.wasmwiz.cli.failure.ExitCode;
import io.wasmwiz.cli.text.DurationConverter;
import io.wasmwiz.cli.text.Table;
import io.wasmwiz.cli.text.Units;
import io.wasmwiz.v1.AdminServiceGrpc.AdminServiceBlockingStub;
import io.wasmwiz.v1.CreateTierRequest;
import io.wasmwiz.v1.ListTiersRequest;
import io.wasmwiz.v1.ListTiersResponse;
import io.wasmwiz.v1.Tier;
import io.wasmwiz.v1.TierFigures;
import io.wasmwiz.v1.UpdateTierRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Tiers. */
@Command(name = "tiers", description = "Add, change and list tiers.")
final class TiersCommand extends CommandGroup {
    private static final int ALL = 100_000;

    private final CliContext context;

    TiersCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public List<Object> subcommands() {
        return List.of(new Create(context), new Update(context), new ListAll(context));
    }

    /** The figures of a tier. */
    static final class FigureOptions {
        @Option(names = "--per-minute", paramLabel = "N", description = "Executions that may start in a minute.")
        private @Nullable Integer perMinute;

        @Option(names = "--per-day", paramLabel = "N", description = "Executions charged in a day.")
        private @Nullable Integer perDay;

        @Option(names = "--memory-mib", paramLabel = "N", description = "Memory of a run, 1 to 4096.")
        private @Nullable Integer memoryMib;

        @Option(
                names = "--run-time",
                paramLabel = "D",
                converter = DurationConverter.class,
                description = "Longest run, at most 1h, for example 5s.")
        private @Nullable Duration runTime;

        @Option(names = "--concurrency", paramLabel = "N", description = "Executions at once.")
        private @Nullable Integer concurrency;

        /** Those that were given, in {@code mask}; all others are 0. */
        TierFigures figures(FieldMask.Builder mask) {
            TierFigures.Builder figures = TierFigures.newBuilder();
            if (perMinute != null) {
                mask.addPaths("figures.executions_per_minute");
                figures.setExecutionsPerMinute(perMinute);
            }
            if (perDay != null) {
                mask.addPaths("figures.executions_per_day");
                figures.setExecutionsPerDay(perDay);
            }
            if (memoryMib != null) {
                mask.addPaths("figures.memory_mib");
                figures.setMemoryMib(memoryMib);
            }
            if (runTime != null) {
                mask.addPaths("figures.run_time_ms");
                figures.setRunTimeMs((int) Math.min(Integer.MAX_VALUE, runTime.toMillis()));
            }
            if (concurrency != null) {
                mask.addPaths("figures.max_concurrency");
                figures.setMaxConcurrency(concurrency);
            }
            return figures.build();
        }
    }

    /** A call whose answer is tiers. */
    private abstract static class TiersCall extends AdminCall {
        TiersCall(CliContext context) {
            super(context);
        }

        final int print(Tier tier) throws IOException {
            if (asJson()) {
                printJson(tier);
            } else {
                printTable(List.of(tier));
            }
            return ExitCode.OK;
        }

        final void printTable(List<Tier> tiers) {
            Table table = new Table("TIER", "VERSION", "A MINUTE", "A DAY", "MEMORY", "RUN TIME", "AT ONCE");
            for (Tier tier : tiers) {
                TierFigures figures = tier.getFigures();
                table.row(
                        tier.getName(),
                        tier.getVersion(),
                        figures.getExecutionsPerMinute(),
                        figures.getExecutionsPerDay(),
                        Units.bytes(figures.getMemoryMib() * 1_048_576L),
                        Units.micros(figures.getRunTimeMs() * 1_000.0),
                        figures.getMaxConcurrency());
            }
            table.print(out());
        }

        static List<Tier> all(AdminCall call, AdminServiceBlockingStub admin) {
            return call.list(ALL, (size, token) -> {
                ListTiersResponse page = admin.listTiers(ListTiersRequest.newBuilder()
                        .setPageSize(size)
                        .setPageToken(token)
                        .build());
                return new Page<>(page.getTiersList(), page.getNextPageToken());
            });
        }
    }

    @Command(name = "create", description = "Add a tier; every figure is required.")
    static final class Create extends TiersCall {
        @Parameters(index = "0", paramLabel = "NAME", description = "A letter, then letters, digits, _ and -.")
        private String name = "";

        @Mixin
        private FigureOptions figures = new FigureOptions();

        Create(CliContext context) {
            super(context);
        }

        @Override
        int call(AdminServiceBlockingStub admin) throws IOException {
            return print(admin.createTier(CreateTierRequest.newBuilder()
                            .setName(name)
                            .setFigures(figures.figures(FieldMask.newBuilder()))
                            .build())
                    .getTier());
        }
    }

    @Command(name = "update", description = "Change a tier's figures, which makes its next version.")
    static final class Update extends TiersCall {
        @Parameters(index = "0", paramLabel = "NAME", description = "The tier's name.")
        private String name = "";

        @Mixin
        private FigureOptions figures = new FigureOptions();

        Update(CliContext context) {
            super(context);
        }

        @Override
        int call(AdminServiceBlockingStub admin) throws IOException {
            FieldMask.Builder mask = FieldMask.newBuilder();
            TierFigures changed = figures.figures(mask);
            Tier before = all(this, admin).stream()
                    .filter(tier -> tier.getName().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new CommandFailure(ExitCode.NO_INPUT, "there is no tier '" + name + "'"));
            return print(admin.updateTier(UpdateTierRequest.newBuilder()
                            .setName(name)
                            .setUpdateMask(mask)
                            .setFigures(changed)
                            .setEtag(before.getEtag())
                            .build())
                    .getTier());
        }
    }

    @Command(name = "list", description = "List the tiers by name.")
    static final class ListAll extends TiersCall {
        ListAll(CliContext context) {
            super(context);
        }

        @Override
        int call(AdminServiceBlockingStub admin) throws IOException {
            List<Tier> tiers = all(this, admin);
            if (asJson()) {
                printJson(tiers);
            } else {
                printTable(tiers);
            }
            return ExitCode.OK;
        }
    }
}
