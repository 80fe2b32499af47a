package io.wasmwiz.service.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.spi.ContextAwareBase;
import io.wasmwiz.service.config.Problems;
import java.util.Map;
import net.logstash.logback.encoder.LogstashEncoder;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * Configures Logback in code, which starts faster than XML; found by Logback itself through {@code META-INF/services}. A
 * {@code logback-test.xml} or {@code logback.xml} on the class path, or {@code -Dlogback.configurationFile}, goes before.
 * Everything is written to standard error.
 */
public final class Logging extends ContextAwareBase implements Configurator {
    private static final String PATTERN = "%d{HH:mm:ss.SSS} %-5level %logger{0}: %msg %kvp%n%ex";
    private static final String QUIET = "wasmwiz.log.quiet";

    /** For a process whose standard output speaks to a person. To be called before the first log line. */
    public static void beQuiet() {
        System.setProperty(QUIET, "true");
    }

    /** Drops everything that {@code logger} says. */
    public static void silence(String logger) {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            context.getLogger(logger).setLevel(Level.OFF);
        }
    }

    /** Notes what is wrong with the logging variables of {@code environment}. */
    public static void check(Map<String, String> environment, Problems problems) {
        LogSettings.of(environment, false).check(problems);
    }

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        ClassLoader classes = Logging.class.getClassLoader();
        if (System.getProperty("logback.configurationFile") != null
                || classes.getResource("logback-test.xml") != null
                || classes.getResource("logback.xml") != null) {
            return ExecutionStatus.INVOKE_NEXT_IF_ANY;
        }
        LogSettings settings = LogSettings.of(System.getenv(), Boolean.getBoolean(QUIET));
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setName("stderr");
        appender.setTarget("System.err");
        appender.setEncoder(encoder(context, settings.json()));
        appender.start();

        Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.toLevel(settings.libraryLevel()));
        root.addAppender(appender);
        context.getLogger("io.wasmwiz").setLevel(Level.toLevel(settings.level()));
        // gRPC logs a stack trace for each message over the limit, which is a caller's fault and not ours.
        context.getLogger("io.grpc").setLevel(Level.ERROR);
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    private static Encoder<ILoggingEvent> encoder(LoggerContext context, boolean json) {
        if (json) {
            LogstashEncoder encoder = new LogstashEncoder();
            encoder.setContext(context);
            encoder.start();
            return encoder;
        }
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(PATTERN);
        encoder.start();
        return encoder;
    }
}
