package dev.javf.daemon.service;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/**
 * SIGHUP, which asks a daemon to read its configuration again. The JVM has only an unofficial way
 * to take a signal (module jdk.unsupported), hence the reflection; without it SIGHUP ends the
 * process, as it does by default.
 */
final class HangUp {
    private HangUp() {}

    /**
     * Has something done for each SIGHUP, on a thread of the JVM's.
     *
     * @param action must not block for long.
     * @return false if this JVM can't.
     */
    static boolean handle(final Runnable action) {
        try {
            final Class<?> signal = Class.forName("sun.misc.Signal");
            final Class<?> handler = Class.forName("sun.misc.SignalHandler");
            final Object handling =
                    Proxy.newProxyInstance(
                            HangUp.class.getClassLoader(),
                            new Class<?>[] {handler},
                            (proxy, method, arguments) -> {
                                if (method.getName().equals("handle")) {
                                    action.run();
                                    return null;
                                }
                                return method.invoke(action, arguments);
                            });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance("HUP"), handling);
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
