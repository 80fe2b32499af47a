package io.wasmwiz.embedded.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.wasmwiz.embedded.proxy.FaultyProxy.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** In front of a server that answers each byte with the same byte, and remembers it. */
final class FaultyProxyIT {
    private final BlockingQueue<Integer> received = new LinkedBlockingQueue<>();
    private final FaultyProxy proxy = FaultyProxy.start();
    private ServerSocket server;

    @BeforeEach
    void serve() throws IOException {
        server = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
        proxy.forwardTo(server.getLocalPort());
        daemon(() -> {
            while (true) {
                Socket client = server.accept();
                daemon(() -> {
                    for (int read = client.getInputStream().read();
                            read >= 0;
                            read = client.getInputStream().read()) {
                        received.add(read);
                        client.getOutputStream().write(read);
                    }
                    client.close();
                });
            }
        });
    }

    @AfterEach
    void close() throws IOException {
        proxy.close();
        server.close();
    }

    @Test
    void carriesBothWays() throws Exception {
        try (Socket client = connect()) {
            assertThat(ask(client, 7)).isEqualTo(7);
            proxy.faults(NetworkFaults.random(1, 0, 0, 1, Duration.ofMillis(1)));
            assertThat(ask(client, 8)).isEqualTo(8);
        }

        assertThat(proxy.count(Kind.PASSED)).isEqualTo(1);
        assertThat(proxy.count(Kind.DELAYED)).isEqualTo(1);
    }

    @Test
    void losesAnswersOfRequestsThatAreDoneAndStaysSilent() throws Exception {
        try (Socket client = connect()) {
            proxy.faults(NetworkFaults.loseAll());
            client.getOutputStream().write(1);
            assertThat(received.poll(10, TimeUnit.SECONDS)).isEqualTo(1);
            client.setSoTimeout(1);
            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);

            proxy.faults(NetworkFaults.none());
            client.getOutputStream().write(2);
            assertThat(received.poll(10, TimeUnit.SECONDS)).isEqualTo(2);
            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
        }
        try (Socket another = connect()) {
            assertThat(ask(another, 3)).isEqualTo(3);
        }
    }

    @Test
    void cutsAConnectionInsteadOfItsAnswer() throws Exception {
        try (Socket client = connect()) {
            proxy.faults(NetworkFaults.random(1, 1, 0, 0, Duration.ZERO));
            assertThat(isEnded(client, 1)).isTrue();
            assertThat(received.poll(10, TimeUnit.SECONDS)).isEqualTo(1);
        }
        assertThat(proxy.count(Kind.CUT)).isEqualTo(1);
    }

    @Test
    void endsWhatIsOpenWhenAskedTo() throws Exception {
        try (Socket client = connect()) {
            assertThat(ask(client, 1)).isEqualTo(1);
            proxy.cutAll();
            assertThat(isEnded(client, 2)).isTrue();
        }
    }

    @Test
    void refusesSharesThatAreNone() {
        assertThatThrownBy(() -> NetworkFaults.random(1, 0.5, 0.4, 0.2, Duration.ZERO))
                .hasMessageContaining("0.5, 0.4 and 0.2");
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        socket.setSoTimeout(10_000);
        return socket;
    }

    private static int ask(Socket client, int question) throws IOException {
        client.getOutputStream().write(question);
        return client.getInputStream().read();
    }

    /** The end comes as an end of the stream or as a reset. */
    private static boolean isEnded(Socket client, int question) {
        try {
            return ask(client, question) < 0;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void daemon(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (IOException e) {
                // The test is over, or its client is gone.
            }
        });
        thread.setDaemon(true);
        thread.start();
    }
}
