import com.aliyun.credentials.Client;
import com.aliyun.credentials.models.Config;
import com.aliyun.credentials.models.CredentialModel;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/** The official Java SDK as a program: a command a line in, an answer a line out. */
public final class Worker {
    private static Client client(String kind, String what) {
        if (kind.equals("uri")) {
            Config config = new Config().setType("credentials_uri");
            config.setCredentialsUri(what);
            return new Client(config);
        }
        return new Client();
    }

    private static String answer(String kind, String what) throws Exception {
        CredentialModel got = client(kind, what).getCredential();
        String text = String.join("\n", got.getAccessKeyId(), got.getAccessKeySecret(), got.getSecurityToken());
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        StringBuilder hex = new StringBuilder();
        for (int at = 0; at < 6; at++) {
            hex.append(String.format("%02x", digest[at]));
        }
        return got.getAccessKeyId() + " " + hex;
    }

    public static void main(String[] arguments) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] words = line.trim().split(" ", 2);
            try {
                System.out.println("= " + answer(words[0], words.length > 1 ? words[1] : ""));
            } catch (Exception error) {
                System.out.println("! " + String.valueOf(error.getMessage()).replaceAll("\\s+", " "));
            }
        }
        System.exit(0);
    }
}
