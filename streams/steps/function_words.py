"""The commonest small words of nine languages, for a quick look at which one a text is in.

Written without accents, as the analyser folds them. What matters is not one word but that several
of one language stand together and hardly any of another: words that languages share are listed in
each of them, so they cancel out.
"""

from typing import Final

FUNCTION_WORDS: Final[dict[str, str]] = {
    "en": """
        the of and to in is you that it he was for on are as with his they at be this have from
        or had by not but what all were we when your can said there use an each which she do how
        their if will up other about out many then them these so some her would make like him
        into has look more write go see no way could my than been who its now people did get may
        im dont its cant ive youre just me our any why because does only still after where want
        i a please thanks am should us over back here need know got really much going think
        never being was wasnt didnt isnt doesnt those off every while before even too good new
        day
    """,
    "es": """
        de la que el en y a los del se las por un para con no una su al lo como mas pero sus le
        ya o este si porque esta entre cuando muy sin sobre tambien me hasta hay donde quien
        desde todo nos durante todos uno les ni contra otros ese eso ante ellos e esto mi antes
        algunos unos yo otro otras otra tanto esa estos mucho quienes nada muchos cual poco ella
        estar estas algunas algo nosotros es son fue ha he tiene tengo hace puede ser estoy
        estan te tu os eres soy vuelo gracias hola buenos dias ahora aqui asi bien mejor siempre
        nunca solo era habia han hecho van voy va vez cada aunque mientras segun hoy ayer ver
        quiero
    """,
    "ca": """
        de la que el en i a els del es les per un amb no una seu al com mes pero ja o aquest si
        perque aquesta quan molt sense sobre tambe em fins hi ha on qui des tot ens tots li ni
        aixo jo altre altres cap res som sou esta son va fer te tinc aqui ara avui dels pels mes
        meu nostre vostre gracies bon dia mai sempre nomes encara doncs cada volem puc
    """,
    "gl": """
        de a que o en e os do se as por un para con non unha seu ao como mais pero sua xa ou
        este si porque esta entre cando moi sen sobre tamen me ata hai onde quen desde todo nos
        uns na no da dos das nas pola polo eu el ela isto iso estou teno teno son foi ten fai
        agora aqui hoxe grazas sempre nunca so cada grande
    """,
    "pt": """
        de a o que e do da em um para com nao uma os no se na por mais as dos como mas ao ele
        das tem seu sua ou ser quando muito nos ja esta eu tambem so pelo pela ate isso ela
        entre era depois sem mesmo aos ter seus quem nas me esse eles voce essa num nem suas meu
        minha tudo foi sao estou vou fazer aqui agora hoje obrigado bom dia sempre nunca cada
        ainda voces pra
    """,
    "fr": """
        de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il
        sont ou avec son aux comme mais cette nous vous leur on y elle ses tout etre meme je tu
        ont ete fait cest jai bien sans si peut deux tous ma mon mes ca faire tres alors aussi
        quand meme merci bonjour toujours jamais encore votre notre vos nos suis etait donc
    """,
    "it": """
        di e il la che in un a per del una sono non con le si da i della al come piu ma lo dei
        ha nel alla gli anche delle o se mi ci dal essere stato questo questa ho quando sua suo
        fare molto nella tra era dopo tutti tutto cosi poi solo io lei lui noi voi loro hanno
        sia grazie ciao buongiorno sempre mai ancora perche quello oggi ora bene cosa dove
    """,
    "de": """
        der die und in den von zu das mit sich des auf fur ist im dem nicht ein eine als auch es
        an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem uber einen
        so zum war haben nur oder aber vor zur bis mehr durch man sein wurde ich du wir ihr mir
        mich was wenn schon kann immer hier ja nein danke bitte mal jetzt heute kein keine sehr
        gut
    """,
    "nl": """
        de van het een en in is dat op te zijn met voor niet aan er om ook als dan maar bij of
        uit nog naar heeft ze tot je mijn over door hij deze worden geen wel kan meer wat was we
        ik jij u hun haar zo al wordt heb dit daar hier die waar wie nu goed dank bedankt
    """,
}

# Languages that share small words with those above. They never win here, they only stop others.
NEIGHBOURS: Final[dict[str, str]] = {
    "da": """
        og i at er det en den til af for pa med jeg du han ikke der har som de vi kan et fra om men
        mig dig sig skal vil var nu her hvor hvad min din sin meget godt mere eller ved over efter
    """,
    "sv": """
        och att det som en av for den till jag ar du han inte med har de vi kan ett fran om men mig
        dig sig ska vill var nu har min din sin mycket bra mer eller vid over efter finns alla
    """,
    "ro": """
        de la si in un o pe nu este sunt mai cu ca din se pentru care sa au ce am ai are fost dar
        al ale lui ei eu tu el ea noi foarte bine cand daca doar tot prea imi fi era acum aici
    """,
    "id": """
        yang di dan itu ini dengan untuk tidak dari dalam ke akan pada juga saya ada bisa kamu aku
        kita mereka sudah lagi saja kalau tapi atau karena apa banget dia se sama mau gak yg nya
    """,
    "tl": """
        ang ng sa na at mga ako ko mo siya ka ito ay may ni si po lang naman kung pero hindi wala
        ba kasi yung din rin tayo kami sila pa para ang nang dito ganda ano sana talaga
    """,
}
