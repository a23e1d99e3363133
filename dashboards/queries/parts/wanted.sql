    AND ({brand:String} = '' OR has(brands, {brand:String}))
    AND ({topic:String} = '' OR has(topics, {topic:String}))
    AND ({lang:String} = '' OR lang = {lang:String})
    AND ({source:String} = '' OR source = {source:String})
    AND (NOT {intent_only:UInt8} OR intent != 'none')
    AND (
        {least:Float32} = 0
        OR intent != 'none' AND if(intent = 'active', intent_active, intent_latent) >= {least:Float32}
    )
