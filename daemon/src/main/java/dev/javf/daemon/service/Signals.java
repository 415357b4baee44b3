package dev.javf.daemon.service;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/**
 * Signals from outside. The JVM has only an unofficial way to take one (module jdk.unsupported),
 * hence the reflection; without it a signal does what it does by default.
 */
final class Signals {
    private Signals() {}

    /**
     * Has something done for each signal of a kind, on a thread of the JVM's.
     *
     * @param name of the signal, without SIG.
     * @param action must not block for long.
     * @return false if this JVM can't, or the process was started to ignore the signal.
     */
    static boolean handle(final String name, final Runnable action) {
        try {
            final Class<?> signal = Class.forName("sun.misc.Signal");
            final Class<?> handler = Class.forName("sun.misc.SignalHandler");
            final Object handling =
                    Proxy.newProxyInstance(
                            Signals.class.getClassLoader(),
                            new Class<?>[] {handler},
                            (proxy, method, arguments) -> {
                                if (method.getName().equals("handle")) {
                                    action.run();
                                    return null;
                                }
                                return method.invoke(action, arguments);
                            });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), handling);
            return true;
        } catch (final ClassNotFoundException
                | NoSuchMethodException
                | IllegalAccessException
                | InstantiationException
                | InvocationTargetException e) {
            return false;
        }
    }
}
