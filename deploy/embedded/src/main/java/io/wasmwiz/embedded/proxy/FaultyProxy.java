package io.wasmwiz.embedded.proxy;

import io.wasmwiz.embedded.proxy.NetworkFaults.Fate;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/**
 * A TCP proxy on 127.0.0.1 in front of one server on 127.0.0.1: what clients send passes, and what the server answers meets
 * {@link NetworkFaults}. So a request is done and its answer may be late or lost, which is what a client cannot tell from a
 * request that was not done. Knows no protocol: what one read of at most 64 KiB brings shares a fate.
 *
 * <p>At most 1,000 connections at once; further ones are closed. Thread-safe; its starter closes it.
 */
public final class FaultyProxy implements AutoCloseable {
    private static final int MAX_CONNECTIONS = 1_000;
    private static final int READ_BYTES = 64 * 1024;

    /** What happened to reads, for {@link #count}; {@code REFUSED} are connections that were closed at once. */
    public enum Kind {
        PASSED,
        DELAYED,
        LOST,
        CUT,
        REFUSED
    }

    private final ServerSocket listening;
    private final Set<Link> links = ConcurrentHashMap.newKeySet();
    private final Map<Kind, LongAdder> counts = new EnumMap<>(Kind.class);
    private volatile int targetPort;
    private volatile NetworkFaults faults = NetworkFaults.none();

    private FaultyProxy(ServerSocket listening) {
        this.listening = listening;
        for (Kind kind : Kind.values()) {
            counts.put(kind, new LongAdder());
        }
    }

    /** Listens on a free port; closes whatever connects until {@link #forwardTo}. */
    public static FaultyProxy start() {
        try {
            FaultyProxy proxy = new FaultyProxy(new ServerSocket(0, 128, InetAddress.getLoopbackAddress()));
            daemon("proxy-accept", proxy::accept);
            return proxy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The port that clients connect to. */
    public int port() {
        return listening.getLocalPort();
    }

    /** New connections go to this port from now on; 0: they are closed at once. */
    public void forwardTo(int port) {
        targetPort = port;
    }

    /** What the server sends from now on, on connections old and new, meets these. */
    public void faults(NetworkFaults newFaults) {
        faults = newFaults;
    }

    /** Ends every connection that is open now. */
    public void cutAll() {
        links.forEach(Link::close);
    }

    /** Reads, or connections, that met this fate so far; what follows a lost one on its connection is not counted. */
    public long count(Kind kind) {
        return counter(kind).sum();
    }

    private LongAdder counter(Kind kind) {
        return counts.getOrDefault(kind, new LongAdder());
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket client = listening.accept();
                if (targetPort == 0 || links.size() >= MAX_CONNECTIONS) {
                    client.close();
                    counter(Kind.REFUSED).increment();
                } else {
                    connect(client);
                }
            } catch (IOException e) {
                // This was closed, or the server does not listen: the client has seen its connection end.
            }
        }
    }

    private void connect(Socket client) throws IOException {
        try {
            Socket server = new Socket(InetAddress.getLoopbackAddress(), targetPort);
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            Link link = new Link(client, server);
            links.add(link);
            daemon("proxy-requests", link::carryRequests);
            daemon("proxy-answers", link::carryAnswers);
        } catch (IOException e) {
            client.close();
            throw e;
        }
    }

    private static void daemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    /** Takes no more connections and ends those that are open. */
    @Override
    public void close() {
        try {
            listening.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            cutAll();
        }
    }

    /** One client's connection and the one that stands for it at the server. */
    private final class Link {
        private final Socket client;
        private final Socket server;

        private Link(Socket client, Socket server) {
            this.client = client;
            this.server = server;
        }

        private void carryRequests() {
            try (InputStream in = client.getInputStream();
                    OutputStream out = server.getOutputStream()) {
                in.transferTo(out);
            } catch (IOException e) {
                // Either side is gone: so is the other.
            } finally {
                close();
            }
        }

        private void carryAnswers() {
            byte[] bytes = new byte[READ_BYTES];
            boolean lost = false;
            try (InputStream in = server.getInputStream();
                    OutputStream out = client.getOutputStream()) {
                for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) {
                    if (lost) {
                        continue;
                    }
                    Fate fate = faults.next();
                    if (fate instanceof Fate.Cut) {
                        counter(Kind.CUT).increment();
                        return;
                    }
                    if (fate instanceof Fate.Lost) {
                        counter(Kind.LOST).increment();
                        lost = true;
                        continue;
                    }
                    if (fate instanceof Fate.Delayed delayed) {
                        counter(Kind.DELAYED).increment();
                        pause(delayed.by().toNanos());
                    } else {
                        counter(Kind.PASSED).increment();
                    }
                    out.write(bytes, 0, read);
                    out.flush();
                }
            } catch (IOException e) {
                // Either side is gone: so is the other.
            } finally {
                close();
            }
        }

        private void pause(long nanos) {
            long until = System.nanoTime() + nanos;
            for (long left = nanos; left > 0 && !client.isClosed(); left = until - System.nanoTime()) {
                LockSupport.parkNanos(Math.min(left, TimeUnit.MILLISECONDS.toNanos(100)));
            }
        }

        private void close() {
            links.remove(this);
            for (Socket socket : new Socket[] {client, server}) {
                try {
                    socket.close();
                } catch (IOException e) {
                    // It is closed all the same.
                }
            }
        }
    }
}
