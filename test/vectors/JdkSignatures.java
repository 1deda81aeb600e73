import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Makes jdk.json: requests with the Date and the signature that a Java program writes, on days of one and of two digits. Needs a
 * JDK of at least 11: java test/vectors/JdkSignatures.java > test/vectors/jdk.json. A test runs it where there is one. The key is
 * new each time, and its private half is thrown away.
 */
public class JdkSignatures {
  static final Base64.Encoder BASE64 = Base64.getEncoder();
  static final int[] DAYS = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 18, 30};
  static final String[] DIGESTS = {"SHA224", "SHA256", "SHA512"};
  static final String TARGET = "/messagemedia?kind=reply&text=caf%C3%A9";

  public static void main(String[] args) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    KeyPair pair = generator.generateKeyPair();
    String publicKey = BASE64.encodeToString(pair.getPublic().getEncoded());
    List<String> lines = new ArrayList<>();
    for (int day : DAYS) {
      ZonedDateTime time = ZonedDateTime.of(2026, 11, day, day % 24, 33, 52, 0, ZoneOffset.UTC);
      String date = DateTimeFormatter.RFC_1123_DATE_TIME.format(time);
      String digest = DIGESTS[day % 3];
      byte[] body = ("{\"reply_id\":\"r-" + day + "\",\"content\":\"Gr\u00f6\u00dfe \u4f60\u597d\"}").getBytes(StandardCharsets.UTF_8);
      Signature signature = Signature.getInstance(digest + "withRSA");
      signature.initSign(pair.getPrivate());
      signature.update(("POST " + TARGET + " HTTP/1.1" + date).getBytes(StandardCharsets.UTF_8));
      signature.update(body);
      lines.add(String.format(
          "{\"name\":\"day %d\",\"seconds\":%d,\"digest\":\"%s\",\"method\":\"POST\",\"target\":\"%s\",\"date\":\"%s\",\"body_base64\":\"%s\",\"public_key\":\"%s\",\"signature\":\"%s\"}",
          day, time.toEpochSecond(), digest, TARGET, date, BASE64.encodeToString(body), publicKey, BASE64.encodeToString(signature.sign())));
    }
    System.out.println("[\n" + String.join(",\n", lines) + "\n]");
  }
}
