import java.net.HttpURLConnection;
import java.net.URI;

/** DELETE URL by HttpURLConnection (it knows no COPY), then GET CHECK; prints both statuses and the content. */
public class UrlConnectionDelete {
    public static void main(String[] args) throws Exception {
        System.out.println(ask("DELETE", args[0]).getResponseCode());
        HttpURLConnection got = ask("GET", args[1]);
        System.out.println(got.getResponseCode());
        System.out.write(got.getInputStream().readAllBytes());
        System.out.flush();
    }

    private static HttpURLConnection ask(String method, String url) throws Exception {
        HttpURLConnection connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
        connection.setRequestMethod(method);
        connection.setReadTimeout(60_000);
        return connection;
    }
}
